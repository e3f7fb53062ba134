//! `get` and `describe`, held against what kubectl prints and takes.

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use support::Scratch;

/// Jane is issued, omar waits for nobody and is denied, what is broken is no request.
fn repository() -> Scratch {
    let scratch = Scratch::new();
    scratch.gitca(&["init", "repo"]).success();
    scratch
        .in_repo(&["new", "dev/jane", "--group", "dev", "--duration", "24h"])
        .success();
    scratch.commit("jane asks");
    scratch.in_repo(&["run"]).success();
    scratch
        .in_repo(&["new", "omar", "--group", "finance"])
        .success();
    scratch.commit("omar asks");
    scratch
}

#[test]
fn the_table_has_the_columns_of_kubectl() {
    let scratch = repository();
    let now = |minutes: u32| format!("2030-01-01T00:{minutes:02}:00Z");
    let table = scratch
        .in_repo(&["get", "--now", &now(10)])
        .success()
        .stdout;
    assert_eq!(
        table,
        "NAME       AGE   SIGNERNAME                            REQUESTOR   REQUESTEDDURATION   CONDITION\n\
         dev/jane   10m   kubernetes.io/kube-apiserver-client               24h                 Approved,Issued\n\
         omar       10m   kubernetes.io/kube-apiserver-client               <none>              Denied\n"
    );
    let names = scratch
        .in_repo(&["get", "omar", "-o", "name"])
        .success()
        .stdout;
    assert_eq!(
        names,
        "certificatesigningrequest.certificates.k8s.io/omar\n"
    );
    let wide = scratch
        .in_repo(&["get", "-o", "wide", "requests/dev/jane.yaml"])
        .success()
        .stdout;
    assert!(wide.contains("2030-01-01T23:55:00Z"), "{wide}");
    let metrics = scratch
        .in_repo(&["get", "-o", "prometheus"])
        .success()
        .stdout;
    for line in [
        "gitca_certificate_not_after_seconds{request=\"dev/jane\",signer_name=\"kubernetes.io/kube-apiserver-client\"} 1893542100",
        "gitca_requests{condition=\"Approved,Issued\"} 1",
        "gitca_requests{condition=\"Denied\"} 1",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}\n{metrics}"
        );
    }
    let unknown = scratch.in_repo(&["get", "requests/nobody.yaml"]).code(2);
    let said = "there is no request `requests/nobody.yaml`";
    assert!(unknown.stderr.contains(said), "{}", unknown.stderr);
}

#[test]
fn what_somebody_wrote_into_an_output_is_shown_with_a_warning_and_as_text() {
    let scratch = repository();
    let (from, to) = (
        "signerName: kubernetes.io/kube-apiserver-client",
        "signerName: \"\\u001b[31mx\\\"} 1\\ngitca_requests{condition=\\\"Denied\\\"} 0\\n#\\\\\"",
    );
    scratch.replace("repo/issued/dev/jane/csr.yaml", from, to);
    scratch.commit("forge");
    let metrics = scratch
        .in_repo(&["get", "-o", "prometheus"])
        .success()
        .stdout;
    let lines: Vec<&str> = metrics.lines().collect();
    assert_eq!(lines.len(), 7, "{metrics}");
    let value = r#"\\u{1b}[31mx\"} 1\\u{a}gitca_requests{condition=\"Denied\"} 0\\u{a}#\\"#;
    let line = format!(
        "gitca_certificate_not_after_seconds{{request=\"dev/jane\",signer_name=\"{value}\"}} 1893542100"
    );
    assert_eq!(lines[2], line);
    for command in ["get", "describe"] {
        let shown = scratch.in_repo(&[command, "dev/jane"]).success();
        let (said, told) = (shown.stderr, "warning[ForeignOutput]: commit ");
        assert!(said.starts_with(told), "{command}: {said}");
        assert!(shown.stdout.contains("Issued"), "{}", shown.stdout);
    }
}

#[test]
fn a_request_that_may_not_be_there_is_described_with_what_is_wrong() {
    let scratch = repository();
    scratch.sh(
        "cd repo; chmod +x requests/dev/jane.yaml; mkdir requests/omar requests/dev/jane; \
         cp requests/omar.yaml requests/omar/inner.yaml; cp requests/omar.yaml requests/dev/jane/inner.yaml",
    );
    scratch.commit("where nothing may be");
    for (name, code) in [
        ("dev/jane", "FileMode"),
        ("omar", "PathNotAllowed"),
        ("dev/jane/inner", "PathNotAllowed"),
    ] {
        let text = scratch.in_repo(&["describe", name]);
        let found = format!("Decision:\n  invalid\nreason[{code}]: ");
        assert!(text.stdout.contains(&found), "{name}: {text:?}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_a_finding() {
    let scratch = repository();
    let told = scratch
        .in_repo(&["get", "--expiring", "14d", "-o", "name"])
        .code(1);
    assert_eq!(
        told.stdout,
        "certificatesigningrequest.certificates.k8s.io/dev/jane\n"
    );
    let told = scratch.in_repo(&["get", "--expiring", "1h"]).success();
    assert_eq!(
        (told.stdout.as_str(), told.stderr.as_str()),
        ("", "No resources found\n")
    );
}

#[test]
fn a_list_holds_the_objects_as_an_api_server_would() {
    let scratch = repository();
    let list = scratch.in_repo(&["get", "-o", "json"]).success().json();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["apiVersion"], "v1");
    let [jane, omar] = list["items"].as_array().expect("a list").as_slice() else {
        panic!("{list:#}");
    };
    assert_eq!(jane["metadata"]["name"], "jane");
    assert_eq!(
        jane["status"]["conditions"][0]["reason"],
        "ApprovedByPolicy"
    );
    assert_eq!(omar["status"]["conditions"][0]["type"], "Denied");
    assert_eq!(omar["status"]["conditions"][0]["reason"], "NoPolicyAdmits");
    assert!(omar["status"]["certificate"].is_null());
    let yaml = scratch
        .in_repo(&["get", "dev/jane", "-o", "yaml"])
        .success()
        .stdout;
    let file = scratch.sh("cat repo/issued/dev/jane/csr.yaml").stdout;
    let item = format!("- {}", file.trim_end().replace('\n', "\n  "));
    assert!(yaml.contains(&item), "{yaml}\n{item}");
}

#[test]
fn a_description_is_that_of_kubectl_and_how_it_was_judged() {
    let scratch = repository();
    let text = scratch.in_repo(&["describe", "dev/jane"]).success().stdout;
    assert_eq!(
        text,
        "Name:                dev/jane\n\
         Labels:              <none>\n\
         Annotations:         <none>\n\
         CreationTimestamp:   Tue, 01 Jan 2030 00:00:00 +0000\n\
         Requesting User:     \n\
         Signer:              kubernetes.io/kube-apiserver-client\n\
         Requested Duration:  24h\n\
         Status:              Approved,Issued\n\
         Subject:\n\
         \x20        Common Name:    jane\n\
         \x20        Serial Number:  \n\
         \x20        Organization:   dev\n\
         Events:  <none>\n\
         Decision:\n\
         \x20 approved by policy developers (policies/developers.yaml)\n\
         Policies:\n\
         \x20 DenyPolicy privileged: no hit\n\
         \x20 ApprovalPolicy developers: admits\n"
    );
    let text = scratch.in_repo(&["describe", "omar"]).success().stdout;
    for expected in [
        "Status:             Denied\n",
        "Decision:\n  denied\n",
        "reason[ValueNotAllowed]: developers:",
        "field: csr.subject.organizations[0] = finance",
        "Policies:\n  DenyPolicy privileged: no hit\n  ApprovalPolicy developers: does not admit, 1 reason\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn a_certificate_whose_request_was_deleted_is_still_described() {
    let scratch = repository();
    let before = scratch.in_repo(&["describe", "dev/jane"]).success().stdout;
    let (object, _) = before.split_once("Decision:").expect("a decision");
    scratch.sh("rm repo/requests/dev/jane.yaml");
    scratch.commit("jane left");
    let after = scratch.in_repo(&["describe", "dev/jane"]).success().stdout;
    let rest = after.strip_prefix(object);
    assert_eq!(
        rest,
        Some("Decision:\n  the request was deleted; its certificate stays\n"),
        "{after}"
    );
}

#[test]
fn output_that_somebody_changed_is_not_shown_as_if_a_run_had_written_it() {
    for change in ["echo 'kind: Pod' >", "rm"] {
        let scratch = repository();
        scratch.sh(&format!("cd repo && {change} issued/dev/jane/csr.yaml"));
        scratch.commit("tampered");
        let told = scratch.in_repo(&["get"]).code(2).stderr;
        assert!(
            told.contains("ForeignOutput") && told.contains("issued/dev/jane/csr.yaml"),
            "{told}"
        );
    }
}

/// What kubectl must be told of an API server before it reads an object: its groups and one resource.
fn discovery(path: &str) -> &'static str {
    match path {
        "/api" => r#"{"kind":"APIVersions","versions":["v1"]}"#,
        "/apis" => {
            r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"certificates.k8s.io","versions":[{"groupVersion":"certificates.k8s.io/v1","version":"v1"}],"preferredVersion":{"groupVersion":"certificates.k8s.io/v1","version":"v1"}}]}"#
        }
        "/apis/certificates.k8s.io/v1" => {
            r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"certificates.k8s.io/v1","resources":[{"name":"certificatesigningrequests","singularName":"","namespaced":false,"kind":"CertificateSigningRequest","verbs":["create","get"],"shortNames":["csr"]}]}"#
        }
        path if path.ends_with("/events") => {
            r#"{"kind":"EventList","apiVersion":"v1","metadata":{},"items":[]}"#
        }
        _ => r#"{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[]}"#,
    }
}

/// Answers discovery, and every question for a request with `object`, on a port of its own until the test ends.
fn serve(object: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            for line in lines.map_while(Result::ok) {
                if line.is_empty() {
                    break;
                }
            }
            let target = first.split(' ').nth(1).unwrap_or_default();
            let path = target.split('?').next().unwrap_or_default();
            let body = if path.contains("/certificatesigningrequests/") {
                object.as_str()
            } else {
                discovery(path)
            };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let length = body.len();
            // kubectl may have gone already.
            let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}");
        }
    });
    port
}

#[test]
fn kubectl_takes_what_is_committed_and_prints_it_the_same_way() {
    if !support::tool("kubectl") {
        return;
    }
    let scratch = repository();
    let port = serve(String::new());
    let created = scratch.sh(&format!(
        "kubectl --server http://127.0.0.1:{port} create --dry-run=client --validate=false -o yaml \
         -f repo/issued/dev/jane/csr.yaml"
    ));
    assert_eq!(
        created.stdout,
        scratch.read("repo/issued/dev/jane/csr.yaml")
    );
}

#[test]
fn kubectl_describes_a_request_in_the_same_words() {
    if !support::tool("kubectl") {
        return;
    }
    let scratch = repository();
    scratch.sh(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out full.csr -subj \
         '/C=DE/ST=Bayern/L=Muenchen/street=Road 1/postalCode=80331/O=b/O=a/OU=x/OU=y/CN=full/serialNumber=77' -addext \
         subjectAltName=DNS:a.example.com,DNS:b.example.com,IP:10.0.0.1,IP:fd00::1,URI:spiffe://a/b,email:x@example.com \
         2>/dev/null",
    );
    scratch
        .in_repo(&["new", "full", "--csr", "../full.csr"])
        .success();
    scratch.sh(
        "sed -i 's/^  name: full/&\\n  labels: {team: web, app: shop}\\n  annotations: {note: hello}/' repo/requests/full.yaml",
    );
    scratch.commit("full asks");
    for name in ["dev/jane", "omar", "full"] {
        let list = scratch
            .in_repo(&["get", name, "-o", "json"])
            .success()
            .json();
        let port = serve(list["items"][0].to_string());
        let stem = name.rsplit('/').next().expect("a name");
        let theirs = scratch.sh(&format!(
            "kubectl --server http://127.0.0.1:{port} describe csr {stem}"
        ));
        let ours = scratch.in_repo(&["describe", name]).success().stdout;
        let (ours, _) = ours.split_once("Decision:\n").expect("a decision");
        // Here a request is named by its path.
        assert_eq!(ours.replacen(name, stem, 1), theirs.stdout, "{name}");
    }
}
