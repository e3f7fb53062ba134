//! Signatures of approvals that `ssh-keygen` does not make, or that are none: tokens, SHA-1, short keys, broken armor.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::approvals::ONE;
use crate::house::{House, NAMESPACE, Signed, judged};
use crate::sshsig::{TOKENS, Token, signed, signed_data, wire};

/// The octets of an honest approval by bob.
fn approval(house: &House) -> Vec<u8> {
    format!("{:#}\n", house.statement("jane", "approve", "bob")).into_bytes()
}

/// The verdict and the one objection to the approval of bob with this signature.
#[track_caller]
fn objection(house: &House, statement: &[u8], signature: &[u8]) -> (String, Option<Value>) {
    let signed = Signed {
        statement: statement.to_vec(),
        signature: signature.to_vec(),
    };
    let path = house.put("jane", "bob", &signed);
    house.scratch.commit("approve");
    let report = house.plan();
    let result = &report["results"][0];
    let reasons = result["reasons"].as_array().expect("a list");
    let objections: Vec<&Value> = reasons
        .iter()
        .filter(|reason| reason["code"] != "ApprovalMissing")
        .collect();
    assert!(objections.len() < 2, "{reasons:#?}");
    let verdict = judged(&report, "jane").0;
    house.scratch.sh(&format!("rm {path} {path}.sig"));
    if let Some(objection) = objections.first() {
        assert_eq!(objection["value"], path.trim_start_matches("repo/"));
    }
    (verdict, objections.first().map(|reason| (*reason).clone()))
}

/// The approval with this signature does not count, and is told with these words and a way out.
#[track_caller]
fn refused(house: &House, what: &str, statement: &[u8], signature: &[u8], words: &str) {
    let (verdict, objection) = objection(house, statement, signature);
    assert_eq!(verdict, "pending", "{what}");
    let reason = objection.expect("an objection");
    assert_eq!(reason["code"], "ApprovalSignature", "{what}: {reason:#}");
    assert_eq!(
        reason["message"],
        format!("the signature {words}"),
        "{what}"
    );
    let help = reason["help"].as_str().expect("a way out");
    assert!(help.contains("gitca approve jane"), "{what}: {help}");
}

#[test]
fn a_token_approves_when_somebody_touched_it() {
    for kind in TOKENS {
        let house = House::with_request(ONE);
        let token = Token::new(kind);
        let keys = [format!("\"{} bob\"", token.line())];
        house.principal("bob", "person", "[platform]", &keys);
        house.scratch.commit("a token");
        let statement = approval(&house);
        let sign = |flags| token.sign(NAMESPACE, &statement, flags).into_bytes();
        // The touch is what counts; that the token knows who it was, or not, changes nothing.
        for flags in [1, 5] {
            let (verdict, objection) = objection(&house, &statement, &sign(flags));
            assert_eq!((verdict.as_str(), objection), ("approved", None), "{kind}");
        }
        for flags in [0, 4] {
            let words = "was made by a token that nobody touched";
            refused(&house, kind, &statement, &sign(flags), words);
        }
        // A touch is for one purpose and one content.
        let commit = token.sign("git", &statement, 1).into_bytes();
        let (_, objection) = self::objection(&house, &statement, &commit);
        let objection = objection.expect("an objection");
        assert_eq!(objection["code"], "ApprovalNamespace", "{objection:#}");
        let other = token.sign(NAMESPACE, b"else", 1).into_bytes();
        let words = "was not made with its key over this content";
        refused(&house, kind, &statement, &other, words);
    }
}

#[test]
fn what_is_no_armor_of_a_signature_is_none() {
    let house = House::with_request(ONE);
    let honest = house.sign(&house.statement("jane", "approve", "bob"), "bob", NAMESPACE);
    let text = String::from_utf8(honest.signature.clone()).expect("armor");
    let label = |label: &str| text.replace("SSH SIGNATURE", label);
    let cut = text.lines().take(2).collect::<Vec<_>>().join("\n");
    for (what, armor) in [
        ("nothing", String::new()),
        ("words", "Approved, bob\n".to_owned()),
        ("another label", label("PGP SIGNATURE")),
        ("an end that is missing", cut),
        ("no Base64", text.replacen("U1NIU0lH", "U1NIU0l!", 1)),
        ("other octets", text.replacen("U1NIU0lH", "AAAAAAAA", 1)),
        ("two of them", format!("{text}{text}")),
        ("words before it", format!("Approved\n{text}")),
        ("words after it", format!("{text}Approved\n")),
    ] {
        let words = "is not an armored SSH signature";
        refused(&house, what, &honest.statement, armor.as_bytes(), words);
    }
    let octets = [&honest.signature[..], b"\xff"].concat();
    let words = "is not an armored SSH signature";
    refused(&house, "no text", &honest.statement, &octets, words);
    let (verdict, objection) = objection(&house, &honest.statement, &honest.signature);
    assert_eq!((verdict.as_str(), objection), ("approved", None));
}

/// A signature that holds, but for its hash: RSA with SHA-1, which OpenSSH calls `ssh-rsa`.
#[test]
fn sha_1_approves_nothing() {
    let house = House::with_request(ONE);
    house.scratch.sh("rm keys/bob keys/bob.pub");
    let line = house.key("bob", "rsa -b 2048");
    house.principal("bob", "person", "[platform]", &[format!("\"{line}\"")]);
    house.scratch.commit("an RSA key");
    let statement = approval(&house);
    let data = signed_data(NAMESPACE, &statement);
    house.scratch.write("data", &data);
    house.scratch.sh(
        "cp keys/bob bob.pem; ssh-keygen -q -p -m PEM -N '' -f bob.pem > /dev/null
         openssl dgst -sha1 -sign bob.pem -out sha1 data; openssl dgst -sha512 -sign bob.pem -out sha512 data",
    );
    let blob = line.split(' ').nth(1).expect("a key");
    let blob = STANDARD.decode(blob).expect("Base64");
    let armor = |algorithm: &[u8], file: &str| {
        let script = format!("base64 -w 0 {file}");
        let value = STANDARD.decode(house.scratch.sh(&script).stdout);
        let value = wire(&[algorithm, &value.expect("Base64")]);
        signed(&blob, NAMESPACE, &value).into_bytes()
    };
    let words = "has an algorithm that is not one for its key";
    let sha1 = armor(b"ssh-rsa", "sha1");
    refused(&house, "ssh-rsa", &statement, &sha1, words);
    // Under the name of another hash it does not hold.
    for name in [&b"rsa-sha2-256"[..], b"rsa-sha2-512"] {
        let words = "was not made with its key over this content";
        let sha1 = armor(name, "sha1");
        refused(&house, "another name", &statement, &sha1, words);
    }
    let sha512 = armor(b"rsa-sha2-512", "sha512");
    let (verdict, objection) = objection(&house, &statement, &sha512);
    assert_eq!((verdict.as_str(), objection), ("approved", None));
}

#[test]
fn a_short_rsa_key_approves_nothing_and_is_nobodys() {
    let house = House::with_request(ONE);
    let line = house.key("short", "rsa -b 1024");
    let statement = house.statement("jane", "approve", "bob");
    let short = house.sign(&statement, "short", NAMESPACE);
    let words = "was made with a key that is an RSA key of 1024 bits, fewer than 2048";
    refused(&house, "1024", &short.statement, &short.signature, words);
    house.principal("bob", "person", "[platform]", &[format!("\"{line}\"")]);
    house.scratch.commit("a short key");
    let answer = house.scratch.in_repo(&["plan", "-o", "json"]).code(2);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], "ConfigInvalid", "{error:#}");
    assert_eq!(error["file"], "policies/people/bob.yaml", "{error:#}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("1024 bits"), "{message}");
}
