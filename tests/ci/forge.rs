//! A forge's git over HTTP: the bare repository behind `git http-backend`, for those who show the right password.
//!
//! So the scripts' ways to authenticate are tested as they are, against the system's git on both sides.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::support::{Scratch, tool};

/// Serves `remote.git` as `/example/ca` and `/example/ca.git`. Each request is written to `forge.log` with its status.
const SERVER: &str = r#"
import base64, http.server, os, subprocess, sys
root, secret = sys.argv[1], base64.b64encode(sys.argv[2].encode()).decode()
class Forge(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers: self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        with open(root + "/forge.log", "a") as log: print(status, self.path, file=log)
    def chunks(self):
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
    def serve(self):
        if self.headers.get("Transfer-Encoding") == "chunked": body = b"".join(self.chunks())
        else: body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scheme, _, shown = self.headers.get("Authorization", "").partition(" ")
        if (scheme.lower(), shown) != ("basic", secret):
            return self.reply(401, [("WWW-Authenticate", 'Basic realm="forge"')], b"")
        path, _, query = self.path.partition("?")
        path = path.replace("/example/ca.git/", "/remote.git/").replace("/example/ca/", "/remote.git/")
        cgi = dict(os.environ, GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
            REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
            HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""), REMOTE_USER="ci",
            GIT_PROTOCOL=self.headers.get("Git-Protocol", ""))
        out = subprocess.run(["git", "http-backend"], input=body, env=cgi, stdout=subprocess.PIPE).stdout
        head, _, body = out.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value[:3]) for name, value in headers if name == "Status"), 200)
        self.reply(status, [pair for pair in headers if pair[0] != "Status"], body)
    do_GET = do_POST = serve
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forge)
print(server.server_port, flush=True)
server.serve_forever()
"#;

/// A forge that runs, and ends with this value.
pub(crate) struct Forge {
    server: Child,
    /// Such as `http://127.0.0.1:40001`.
    pub(crate) url: String,
}

impl Forge {
    /// Serves `remote.git` of the scratch place to whoever is `login`, `user:password`; nothing, where python3 is missing.
    pub(crate) fn start(scratch: &Scratch, login: &str) -> Option<Self> {
        if !tool("python3") {
            return None;
        }
        scratch.write("forge.py", SERVER);
        let mut command = scratch.command("python3");
        command.arg("forge.py").arg(scratch.path("")).arg(login);
        command.stdout(Stdio::piped());
        let mut server = command.spawn().expect("python3 can be run");
        let mut port = String::new();
        let stdout = server.stdout.take().expect("it was asked for");
        BufReader::new(stdout)
            .read_line(&mut port)
            .expect("the server tells its port");
        let url = format!("http://127.0.0.1:{}", port.trim());
        Some(Self { server, url })
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen then.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What the bare repository holds on `main`: the author of its tip and the files of `issued/`.
pub(crate) fn landed(scratch: &Scratch) -> (String, String) {
    let tip = scratch.sh("git -C remote.git log -1 --format='%an: %s' main");
    let files = scratch.sh("git -C remote.git ls-tree -r --name-only main issued");
    (tip.stdout.trim().to_owned(), files.stdout)
}

/// The certificate on `main`, in the eyes of openssl.
#[track_caller]
pub(crate) fn verify(scratch: &Scratch, request: &str) {
    scratch.sh(&format!(
        "git -C remote.git show main:issued/{request}/certificate.pem > leaf.pem && \
         git -C remote.git show main:policies/ca/cluster.pem > ca.pem && \
         openssl verify -attime 1893456000 -CAfile ca.pem leaf.pem"
    ));
}
