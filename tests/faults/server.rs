//! A git server that refuses, and one that is gone. Remotes that are directories run no hooks in every transport; a
//! server does.

use std::fs;
use std::process::{Child, Stdio};

use crate::support::Scratch;
use crate::{REMOTE, finishes, intact, place, tried};

/// A git server on the loopback interface.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // The daemon's own children end with their connections.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(scratch: &Scratch) -> (Daemon, String) {
    // Not through `git`, which would leave it behind when it is killed.
    let program = format!("{}/git-daemon", scratch.sh("git --exec-path").stdout.trim());
    for _ in 0..20 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let child = scratch
            .command(&program)
            .args([
                "--listen=127.0.0.1",
                "--export-all",
                "--enable=receive-pack",
            ])
            .arg(format!("--port={port}"))
            .arg("--base-path=.")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let daemon = Daemon(child.expect("git daemon can be started"));
        let url = format!("git://127.0.0.1:{port}/remote.git");
        let script = format!(
            "for try in $(seq 50); do git ls-remote -q {url} > heads 2> heads.log && exit 0; sleep 0.1; done; exit 1"
        );
        if scratch.run("bash", &["-c", &script]).code == Some(0) {
            return (daemon, url);
        }
    }
    panic!("no git daemon would start: {}", scratch.read("heads.log"));
}

#[test]
fn a_server_that_refuses_in_pre_receive_is_quoted_and_the_rerun_lands() {
    let scratch = place();
    let (daemon, url) = serve(&scratch);
    scratch.git(&["remote", "set-url", "origin", &url]);
    scratch.write(
        "remote.git/hooks/pre-receive",
        "#!/bin/sh\necho 'the branch is frozen' >&2\nexit 1\n",
    );
    scratch.sh("chmod +x remote.git/hooks/pre-receive");
    let report = scratch.in_repo(REMOTE.args).code(2).json();
    let error = &report["errors"][0];
    assert_eq!(error["code"], "PushRefused");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("the branch is frozen"), "{message}");
    assert!(message.contains("pre-receive hook declined"), "{message}");
    intact(&scratch, REMOTE, "refused");
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    finishes(&scratch, REMOTE, "refused");
    drop(daemon);
    let report = scratch.in_repo(REMOTE.args).code(2).json();
    assert_eq!(report["errors"][0]["code"], "FetchFailed");
    tried(2, "by a git daemon that refuses, and one that is gone");
}
