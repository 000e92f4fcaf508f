//! A handler for tests/processes.rs. It answers, by path:
//! `/process` its process id; `/connection` the number of the connection; `/environment?NAME` that variable and
//! `/folder` its working folder; `/headers` the request's head; `/stream` a chunk for each byte that comes from `GATE`; `/exit?CODE` nothing, it exits.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process;
use std::thread;

fn main() {
    if let Some(code) = variable("FAIL_WITH") {
        println!("reading settings");
        eprintln!("PUBLIC_BASE_URL is missing");
        process::exit(code.parse().unwrap());
    }
    let port = variable("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    for (number, stream) in listener.incoming().enumerate() {
        let stream = stream.unwrap();
        thread::spawn(move || serve(stream, number));
    }
}

fn serve(mut stream: TcpStream, number: usize) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(request_line)) = lines.next() {
        let fields = lines.by_ref().map(Result::unwrap_or_default).take_while(|line| !line.is_empty());
        let head = fields.fold(request_line.clone(), |head, field| format!("{head}\n{field}"));
        let target = request_line.split(' ').nth(1).unwrap_or_default();
        match target.split_once('?').unwrap_or((target, "")) {
            ("/process", _) => answer(&mut stream, &process::id().to_string()),
            ("/connection", _) => answer(&mut stream, &number.to_string()),
            ("/environment", name) => answer(&mut stream, &variable(name).unwrap_or_default()),
            ("/folder", _) => answer(&mut stream, env::current_dir().unwrap().to_str().unwrap()),
            ("/headers", _) => answer(&mut stream, &head),
            ("/stream", _) => pass_gate(&mut stream),
            ("/exit", code) => process::exit(code.parse().unwrap()),
            _ => answer(&mut stream, ""),
        }
    }
}

fn answer(stream: &mut TcpStream, body: &str) {
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

fn pass_gate(stream: &mut TcpStream) {
    let mut gate = TcpStream::connect(variable("GATE").unwrap()).unwrap();
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut byte = [0];
    while gate.read_exact(&mut byte).is_ok() {
        let _ = write!(stream, "1\r\n{}\r\n", char::from(byte[0]));
    }
}

#[expect(clippy::disallowed_methods, reason = "tests look at the environment that the host made")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
