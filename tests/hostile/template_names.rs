//! Templates: what they are called, and what they name, is known before anything is rendered.

use gitca::finding::Code;
use gitca::render::template::Templates;

use crate::wide;

/// A template that no certificate can be rendered with is told when it is loaded, whichever way it takes for some.
#[test]
fn a_template_names_what_is_in_a_certificate() {
    let compile = |tag: &str| {
        let zone = wide::zone(&[("templates/x.yaml.j2", format!("a: 1\n{tag}").as_bytes())]);
        Templates::compile(&zone).map(drop)
    };
    for (tag, message, help) in [
        (
            "{{ foo.bar.baz }}",
            "there is no `foo`",
            "known here: request, cert, signer, clusters",
        ),
        (
            "{{ certs.pem }}",
            "there is no `certs`",
            "did you mean `cert`?",
        ),
        (
            "{{ cert.dnsNames[3].x.y }}",
            "`cert.dnsNames[…]` has no `x`",
            "it is a list, which `{% for … %}` takes apart, or one value without parts",
        ),
        (
            "{% if cert.subject.commonName == 'ok' %}{{ cert.x.y.z }}{% endif %}",
            "`cert` has no `x`",
            "known here: subject, dnsNames, emailAddresses, ipAddresses, uris, usages, notBefore, notAfter, serialNumber, pem, chain",
        ),
        (
            "{{ 'a' if cert.uris else cert['dnsName'] }}",
            "`cert` has no `dnsName`",
            "did you mean `dnsNames`?",
        ),
        (
            "{% for c in clusters if c.name != 'a' %}{{ c.URL }}{% endfor %}",
            "`c` has no `URL`",
            "known here: name, server, certificateAuthority, tlsServerName, proxyURL, namespace",
        ),
        (
            "{% for c in clusters %}{{ loop.even }}{% endfor %}",
            "`loop` has no `even`",
            "known here: depth, depth0, first, index, index0, last, length, revindex, revindex0",
        ),
        (
            "{% set s = signer %}{{ s.key ~ 'x' | tojson }}",
            "`s` has no `key`",
            "known here: name, signerName, caCertificate",
        ),
        (
            "{{ x }}{% set x = 1 %}",
            "there is no `x`",
            "known here: request, cert, signer, clusters",
        ),
        (
            "{% for c in clusters %}{% set x = c %}{% endfor %}{{ not x }}",
            "there is no `x`",
            "known here: request, cert, signer, clusters",
        ),
    ] {
        let findings = compile(tag).expect_err(tag);
        let [found] = &findings[..] else {
            panic!("{tag}: {findings:?}");
        };
        let reason = &found.reason;
        assert_eq!(reason.code, Code::ConfigInvalid, "{tag}");
        assert_eq!(reason.line, Some(2), "{tag}");
        assert_eq!(
            (reason.message.as_str(), reason.help.as_deref()),
            (message, Some(help)),
            "{tag}"
        );
    }
    // What depends on the certificate is told when there is one.
    for tag in [
        "{{ cert.dnsNames[3] }}{{ request.dirs[-1] }}{{ cert[request.name] }}",
        "{% if cert.uris %}{% set x = cert %}{% else %}{% set x = signer %}{% endif %}{{ x.pem }}",
        "{% for c in clusters %}{% if not loop.first %}{{ x.y }}{% endif %}{% set x = c %}{% endfor %}",
        "{% for c in clusters %}{{ c.proxyURL }}{% else %}{% set x = cert %}{% endfor %}{{ x.pem }}",
        "{% for c in 'abc' %}{{ c ~ loop.index }}{% endfor %}",
        "{% set cert = cert.subject %}{{ cert.commonName }}{{ cert.pem }}",
    ] {
        assert_eq!(compile(tag), Ok(()), "{tag}");
    }
}

/// Git refuses the tree, or to check it out; or one file overwrites another where case means nothing.
#[test]
fn a_template_is_called_like_a_file_that_any_clone_can_hold() {
    for name in [
        "certificate.pem.j2",
        "Certificate.pem.j2",
        ".git.j2",
        ".GIT.j2",
        "..j2",
        "...j2",
        "git~1.j2",
        ".git .j2",
        ".git..j2",
        ".gitmodules.j2",
        "certif~1.pem.j2",
    ] {
        let file = format!("templates/{name}");
        let signer = wide::signer("wide", wide::SIGNER, &format!("  templates: ['{name}']\n"));
        let zone = wide::zone(&[(&file, b"x\n"), ("policies/signer.yaml", signer.as_bytes())]);
        let findings = Templates::compile(&zone).expect_err(name);
        let [found] = &findings[..] else {
            panic!("{name}: {findings:?}");
        };
        assert_eq!(found.reason.code, Code::ConfigInvalid, "{name}");
        let place = found.file.as_ref().map(ToString::to_string);
        assert_eq!(place, Some(file));
    }
}

/// What is wrong with the kind of a value is so for every certificate.
#[test]
fn a_template_asks_of_values_what_they_can_do() {
    let compile = |tag: &str| {
        let signer = wide::signer("wide", wide::SIGNER, "  templates: [x.yaml.j2]\n");
        let zone = wide::zone(&[
            ("templates/x.yaml.j2", format!("a: 1\n{tag}").as_bytes()),
            ("policies/signer.yaml", signer.as_bytes()),
        ]);
        Templates::compile(&zone).map(drop)
    };
    for (tag, why) in [
        ("{% for x in 1 %}{% endfor %}", "number is not iterable"),
        (
            "{{ 1 in 1 }}",
            "cannot perform a containment check on this value",
        ),
        ("{{ -cert.pem }}", "invalid operation"),
    ] {
        let findings = compile(tag).expect_err(tag);
        let [found] = &findings[..] else {
            panic!("{tag}: {findings:?}");
        };
        assert_eq!(found.reason.code, Code::ConfigInvalid, "{tag}");
        assert!(found.reason.message.contains(why), "{tag}: {found:?}");
    }
    // Another certificate may have as many names.
    for tag in [
        "{{ cert.dnsNames[3] }}",
        "{{ cert.dnsNames[3] ~ 'a' }}",
        "{{ 'a' ~ cert.dnsNames[3] }}",
        "{{ cert.dnsNames[3] | b64encode }}",
        "{{ cert.dnsNames[3] | tojson }}",
        "{{ cert.dnsNames[3] == 'a' }}",
        "{{ cert.dnsNames[3] < 'a' }}",
        "{{ cert.dnsNames[3] in 'a' }}",
        "{{ cert.dnsNames[3] in cert.dnsNames }}",
        "{{ 'a' in cert.dnsNames[3] }}",
        "{{ cert.dnsNames[3] and 'a' }}",
        "{{ not cert.dnsNames[3] }}",
        "{{ 'a' if cert.dnsNames[3] else 'b' }}",
        "{% for letter in cert.dnsNames[3] %}{% endfor %}",
        "{% if cert.dnsNames[3] %}{% endif %}",
        "{% set name = cert.dnsNames[3] %}{{ name }}",
    ] {
        assert_eq!(compile(tag), Ok(()), "{tag}");
    }
}
