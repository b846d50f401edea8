//! An HTTP/1.1 server of a few lines, for what real servers cannot be made to answer: each connection is one request.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::service::address;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// `POST /path HTTP/1.1`, and the headers.
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn path(&self) -> &str {
        self.head[0].split(' ').nth(1).expect("a path")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head[1..].iter().filter_map(|line| line.split_once(':'));
        headers.filter(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.trim()).next()
    }
}

/// An answer's bytes.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// A server on a loopback port, until it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    pub port: u16,
    stopped: Arc<AtomicBool>,
}

impl HttpServer {
    /// Answers what `answer` returns; with `None` it hangs up.
    pub fn start(answer: impl Fn(Request) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address(0)).expect("a port");
        let port = listener.local_addr().expect("its port").port();
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, answer) = (Arc::clone(&stopped), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let answer = Arc::clone(&answer);
                thread::spawn(move || stream.and_then(|stream| serve(stream, &*answer)));
            }
        });
        Self { port, stopped }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(address(self.port));
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(Request) -> Option<Vec<u8>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let request = read(&mut BufReader::new(stream.try_clone()?))?;
    if let Some(answer) = answer(request) {
        stream.write_all(&answer)?;
    }
    stream.shutdown(Shutdown::Both)
}

fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Request> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut request = Request { head, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    Ok(request)
}

/// Asks the server at `port` the same, and returns its answer's bytes.
pub fn forward(request: &Request, port: u16) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address(port))?;
    let headers = request.head.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head: String = headers.map(|line| format!("{line}\r\n")).collect();
    stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
    stream.write_all(&request.body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
