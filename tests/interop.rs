//! The classic flow with stock tools on both sides: openssl makes the request, openssl, kubectl and webpki take the result.
#![expect(clippy::disallowed_methods, reason = "this test runs tools")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use support::{Scratch, tool};

/// A moment at which the test clock's certificates are valid, for openssl.
const AT: &str = "1893456060";

/// A repository whose CA is openssl's, as kubeadm's `ca.crt` and `ca.key` would be.
fn with_imported_ca(key: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.sh(&format!(
        "openssl {key} > ca.key 2>/dev/null; chmod 600 ca.key
         openssl req -x509 -new -key ca.key -out ca.crt -days 9000 -subj /CN=kubernetes \
         -addext keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign"
    ));
    scratch
        .gitca(&["init", "repo", "--ca-cert", "ca.crt", "--ca-key", "ca.key"])
        .success();
    scratch
}

/// Commits a request by hand: `request` is what stands after `request:` in the manifest.
fn ask(scratch: &Scratch, name: &str, request: &str) {
    scratch.write(
        &format!("repo/requests/{name}.yaml"),
        format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: {name}\nspec:\n  \
             signerName: kubernetes.io/kube-apiserver-client\n  expirationSeconds: 86400\n  usages:\n  - client auth\n  \
             request: {request}\n"
        ),
    );
}

fn openssl_request(scratch: &Scratch, name: &str, key: &str) -> String {
    scratch.sh(&format!(
        "openssl {key} > {name}.key 2>/dev/null
         openssl req -new -key {name}.key -subj '/CN={name}/O=dev/O=ops' -out {name}.csr"
    ));
    scratch.sh(&format!("base64 < {name}.csr")).stdout
}

#[test]
fn base64_may_stand_on_one_line_in_a_block_or_folded() {
    let scratch = with_imported_ca("genrsa 2048");
    let wrapped = openssl_request(&scratch, "jane", "genrsa 2048");
    ask(&scratch, "jane", &wrapped.replace('\n', ""));
    let wrapped = openssl_request(&scratch, "june", "genrsa 2048");
    ask(
        &scratch,
        "june",
        &format!("|\n    {}", wrapped.trim_end().replace('\n', "\n    ")),
    );
    let wrapped = openssl_request(&scratch, "joan", "genrsa 2048");
    ask(
        &scratch,
        "joan",
        &wrapped.trim_end().replace('\n', "\n    "),
    );
    scratch.commit("request");
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(report["summary"]["issued"], 3, "{report:#}");
    for name in ["jane", "june", "joan"] {
        let verify = format!(
            "openssl verify -attime {AT} -CAfile ca.crt repo/issued/{name}/certificate.pem"
        );
        assert!(scratch.sh(&verify).stdout.ends_with("OK\n"));
    }
    assert_eq!(
        scratch.in_repo(&["run", "-o", "json"]).success().json()["issueCommit"],
        serde_json::Value::Null
    );
    scratch.git(&["fsck", "--strict"]);
    assert_eq!(
        scratch.git(&["status", "--porcelain"]).stdout,
        "",
        "the work tree is up to date and clean"
    );
}

#[test]
fn openssl_reads_what_kube_controller_manager_would_have_written() {
    let scratch = with_imported_ca("genrsa 2048");
    let base64 = openssl_request(&scratch, "jane", "genrsa 2048");
    ask(&scratch, "jane", &base64.replace('\n', ""));
    scratch.commit("request");
    scratch.in_repo(&["run"]).success();
    let text = scratch
        .sh("openssl x509 -in repo/issued/jane/certificate.pem -noout -text")
        .stdout;
    for expected in [
        "Version: 3 (0x2)",
        "Signature Algorithm: sha256WithRSAEncryption",
        "Issuer: CN = kubernetes",
        "Not Before: Dec 31 23:55:00 2029 GMT",
        "Not After : Jan  1 23:55:00 2030 GMT",
        "Subject: O = dev + O = ops, CN = jane",
        "X509v3 Extended Key Usage: \n                TLS Web Client Authentication",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Authority Key Identifier",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(
        !text.contains("X509v3 Key Usage"),
        "no usage asks for it\n{text}"
    );
    assert!(
        !text.contains("Subject Key Identifier"),
        "Kubernetes writes none into leaves\n{text}"
    );
}

#[test]
fn openssl_reads_what_a_signer_adds() {
    let scratch = with_imported_ca("ecparam -name prime256v1 -genkey");
    let signer = scratch.sh("cat repo/policies/signer.yaml").stdout;
    for (method, digest) in [("sha1", "sha1"), ("sha256", "sha256")] {
        scratch.write(
            "repo/policies/signer.yaml",
            format!(
                "{signer}  subjectKeyIdentifier: {method}\n  certificatePolicies: [1.3.6.1.4.1.99999.1]\n  \
                 crl: {{distributionPoints: ['http://crl.example.com/a.crl']}}\n"
            ),
        );
        let base64 = openssl_request(&scratch, method, "ecparam -name prime256v1 -genkey");
        ask(&scratch, method, &base64.replace('\n', ""));
        scratch.commit("request");
        scratch.in_repo(&["run"]).success();
        let text = scratch
            .sh(&format!(
                "openssl x509 -in repo/issued/{method}/certificate.pem -noout -text"
            ))
            .stdout;
        // The last 65 octets of a P-256 SubjectPublicKeyInfo are its point.
        let key_id = scratch.sh(&format!(
            "openssl pkey -in {method}.key -pubout -outform DER | tail -c 65 | openssl dgst -{digest} -r | cut -c1-40"
        ));
        let octets: Vec<String> = key_id
            .stdout
            .trim()
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|octet| String::from_utf8_lossy(octet).into_owned())
            .collect();
        let places: Vec<_> = [
            "X509v3 Basic Constraints: critical",
            &format!("X509v3 Subject Key Identifier: \n                {}\n", octets.join(":")),
            "X509v3 Authority Key Identifier: \n",
            "X509v3 Certificate Policies: \n                Policy: 1.3.6.1.4.1.99999.1\n",
            "X509v3 CRL Distribution Points: \n                Full Name:\n                  URI:http://crl.example.com/a.crl",
        ]
        .iter()
        .map(|expected| text.find(expected).unwrap_or_else(|| panic!("{expected}\n{text}")))
        .collect();
        assert!(places.is_sorted(), "in the order of Go\n{text}");
    }
}

#[test]
fn every_kind_of_ca_signs_every_kind_of_key() {
    let kinds = [
        ("rsa", "genrsa 2048"),
        ("p256", "ecparam -name prime256v1 -genkey"),
        ("p384", "ecparam -name secp384r1 -genkey"),
        ("p521", "ecparam -name secp521r1 -genkey"),
        ("ed25519", "genpkey -algorithm ed25519"),
    ];
    for (_, ca) in kinds {
        let scratch = with_imported_ca(ca);
        for (name, key) in kinds {
            let base64 = openssl_request(&scratch, name, key);
            ask(&scratch, name, &base64.replace('\n', ""));
        }
        scratch.commit("request");
        let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
        assert_eq!(report["summary"]["issued"], 5, "{ca}: {report:#}");
        for (name, _) in kinds {
            scratch.sh(&format!("openssl verify -x509_strict -attime {AT} -CAfile ca.crt repo/issued/{name}/certificate.pem"));
        }
    }
}

#[test]
fn webpki_takes_the_certificate_for_a_client() {
    let scratch = with_imported_ca("ecparam -name prime256v1 -genkey");
    let base64 = openssl_request(&scratch, "jane", "ecparam -name prime256v1 -genkey");
    ask(&scratch, "jane", &base64.replace('\n', ""));
    scratch.commit("request");
    scratch.in_repo(&["run"]).success();
    scratch.sh("openssl x509 -in repo/issued/jane/certificate.pem -outform der -out leaf.der; openssl x509 -in ca.crt -outform der -out ca.der");
    let read = |name: &str| std::fs::read(scratch.path(name)).expect("openssl wrote it");
    let (leaf, ca) = (
        rustls_pki_types::CertificateDer::from(read("leaf.der")),
        rustls_pki_types::CertificateDer::from(read("ca.der")),
    );
    let anchor = webpki::anchor_from_trusted_cert(&ca).expect("the CA is an anchor");
    let leaf = webpki::EndEntityCert::try_from(&leaf).expect("webpki reads the leaf");
    let time =
        rustls_pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_mins(31_557_601));
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &[anchor],
        &[],
        time,
        webpki::KeyUsage::client_auth(),
        None,
        None,
    )
    .expect("webpki verifies the chain");
}

#[test]
fn kubectl_reads_the_kubeconfig() {
    if !tool("kubectl") {
        return;
    }
    let scratch = with_imported_ca("genrsa 2048");
    let base64 = openssl_request(&scratch, "jane", "genrsa 2048");
    ask(&scratch, "jane", &base64.replace('\n', ""));
    scratch.commit("request");
    scratch.in_repo(&["run"]).success();
    let view = scratch.run(
        "kubectl",
        &[
            "--kubeconfig",
            "repo/issued/jane/kubeconfig.yaml",
            "config",
            "view",
            "-o",
            "json",
        ],
    );
    let view = view.success().json();
    assert_eq!(view["current-context"], "jane@kubernetes");
    assert_eq!(view["contexts"][0]["context"]["user"], "jane");
    assert_eq!(
        view["clusters"][0]["cluster"]["server"],
        "https://kubernetes.example.com:6443"
    );
}

/// openssl's server, which demands a client certificate; killed when the test ends.
struct Server {
    process: Child,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(scratch: &Scratch) -> Server {
    scratch.write("www/version", "{\"major\": \"1\", \"minor\": \"36\"}\n");
    scratch.sh(
        "openssl ecparam -name prime256v1 -genkey -noout -out server.key
         openssl req -new -key server.key -subj /CN=localhost -out server.csr
         printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
         openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -extfile san -days 30 -out server.crt 2>/dev/null",
    );
    let mut process = scratch
        .command("openssl")
        .current_dir(scratch.path("www"))
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            "../server.crt",
            "-key",
            "../server.key",
        ])
        .args([
            "-CAfile",
            "../ca.crt",
            "-Verify",
            "2",
            "-verify_return_error",
            "-WWW",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl can be run");
    let stdout = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
    let mut lines = stdout.lines().map_while(Result::ok);
    let accept = lines
        .find(|line| line.starts_with("ACCEPT "))
        .expect("openssl says where it listens");
    let port = accept
        .rsplit(':')
        .next()
        .expect("an address has a port")
        .to_owned();
    // The pipe is read to its end, so that the server never waits for it.
    std::thread::spawn(move || lines.for_each(drop));
    Server { process, port }
}

#[test]
fn kubectl_logs_in_to_a_server_that_demands_client_certificates() {
    if !tool("kubectl") {
        return;
    }
    let scratch = with_imported_ca("genrsa 2048");
    let server = serve(&scratch);
    let cluster = scratch.read("repo/policies/cluster.yaml");
    let address = format!("https://127.0.0.1:{}", server.port);
    scratch.write(
        "repo/policies/cluster.yaml",
        cluster.replace("https://kubernetes.example.com:6443", &address),
    );
    let base64 = openssl_request(&scratch, "jane", "genrsa 2048");
    ask(&scratch, "jane", &base64.replace('\n', ""));
    scratch.commit("request");
    // The server compares certificates with the real clock.
    let mut run = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    let status = run
        .env_remove("GITCA_NOW")
        .args(["-C", "repo", "run"])
        .status()
        .expect("gitca can be run");
    assert!(status.success());
    scratch.sh("cp jane.key repo/issued/jane/jane.key");
    let get = scratch.run(
        "kubectl",
        &[
            "--kubeconfig",
            "repo/issued/jane/kubeconfig.yaml",
            "get",
            "--raw",
            "/version",
        ],
    );
    assert!(get.success().stdout.contains("\"minor\": \"36\""));

    // A stranger's certificate of the same name is not let in.
    scratch.sh("openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -subj /CN=jane 2>/dev/null");
    let stranger = scratch.sh(
        "sed -e \"s|client-certificate-data:.*|client-certificate-data: $(base64 -w0 < other.crt)|\" \
         -e \"s|client-key:.*|client-key-data: $(base64 -w0 < other.key)|\" repo/issued/jane/kubeconfig.yaml > stranger.yaml",
    );
    assert_eq!(stranger.code, Some(0));
    let get = scratch.run(
        "kubectl",
        &["--kubeconfig", "stranger.yaml", "get", "--raw", "/version"],
    );
    assert_ne!(get.code, Some(0), "{}", get.stdout);
}
