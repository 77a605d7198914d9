//! Lambda's Runtime API and AWS, played on a port of this machine for one process. It says what the process did, and when.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// What a process did.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// It asked for an event.
    Next,
    /// It got an answer of EC2.
    Ec2,
    /// It replied to an event, or said that it can't start.
    Reply(String),
}

/// The server. Dropping it ends it.
pub(super) struct Runtime {
    address: SocketAddr,
    seen: Receiver<(Seen, Instant)>,
    events: Sender<&'static str>,
    over: Arc<AtomicBool>,
}

/// What the threads of the connections share.
#[derive(Clone)]
struct Shared {
    seen: Sender<(Seen, Instant)>,
    events: Arc<Mutex<Receiver<&'static str>>>,
}

impl Runtime {
    /// Listens on a free port.
    pub(super) fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listen on a port of this machine")?;
        let address = listener.local_addr().context("the port")?;
        let ((seen, received), (events, waiting)) = (channel(), channel());
        let over = Arc::new(AtomicBool::new(false));
        let shared = Shared { seen, events: Arc::new(Mutex::new(waiting)) };
        let runtime = Self { address, seen: received, events, over: Arc::clone(&over) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = shared.clone();
                // A process that is killed in the middle of a request is no failure of the server's.
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Ok(runtime)
    }

    /// Host and port.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// When the process asked for its first event.
    pub(super) fn wait_for_next(&self, patience: Duration) -> Result<Instant> {
        match self.wait(patience)? {
            (Seen::Next, at) => Ok(at),
            (other, _) => bail!("it should have asked for an event: {other:?}"),
        }
    }

    /// Hands out an event; how long it took from there until EC2 had answered a call.
    pub(super) fn invoke(&self, payload: &'static str, patience: Duration) -> Result<Duration> {
        let begun = Instant::now();
        self.events.send(payload).map_err(|_| anyhow!("the server has ended"))?;
        match self.wait(patience)? {
            (Seen::Ec2, at) => Ok(at.duration_since(begun)),
            (other, _) => bail!("it should have asked EC2 something: {other:?}"),
        }
    }

    fn wait(&self, patience: Duration) -> Result<(Seen, Instant)> {
        self.seen.recv_timeout(patience).with_context(|| format!("it did nothing for {} s", patience.as_secs()))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts; if nobody listens any more, all is well too.
        let _ = TcpStream::connect(self.address);
    }
}

struct Request {
    path: String,
    /// Whether a header names the operation: the JSON protocol.
    is_json: bool,
    body: String,
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    // An answer is one write, and must not wait for an acknowledgement.
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let at = Instant::now();
        // Whoever looked at what was seen may be gone.
        let tell = |seen, at| drop(shared.seen.send((seen, at)));
        if request.path.ends_with("/runtime/invocation/next") {
            tell(Seen::Next, at);
            let Ok(event) = shared.events.lock().unwrap_or_else(PoisonError::into_inner).recv() else {
                return Ok(());
            };
            respond(&mut writer, "200 OK", EVENT, event)?;
        } else if request.path.contains("/runtime/") {
            tell(Seen::Reply(request.body), at);
            respond(&mut writer, "202 Accepted", "", "")?;
        } else {
            let (is_ec2, answer) = answer(&request);
            respond(&mut writer, "200 OK", "", &answer)?;
            if is_ec2 {
                tell(Seen::Ec2, Instant::now());
            }
        }
    }
    Ok(())
}

/// The headers of an event. The deadline is in 2100.
const EVENT: &str = "Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-000000000000\r\n\
    Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:100000000001:function:peerwright-bench\r\n\
    Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0\r\n\
    Content-Type: application/json\r\n";

/// The next request of a connection; none when it is closed.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let (mut path, mut is_json, mut length) = (None, false, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim();
        if path.is_none() {
            path = Some(line.split(' ').nth(1).unwrap_or_default().to_owned());
        }
        match line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "content-length" => length = value.parse().map_err(io::Error::other)?,
            Some((name, _)) if name == "x-amz-target" => is_json = true,
            _ => {}
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = String::new();
    reader.by_ref().take(length).read_to_string(&mut body)?;
    Ok(Some(Request { path: path.unwrap_or_default(), is_json, body }))
}

fn respond(writer: &mut impl Write, status: &str, headers: &str, body: &str) -> io::Result<()> {
    writer.write_all(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
}

/// Whether EC2 answers, and what: there is nothing anywhere, and every role may be assumed.
fn answer(request: &Request) -> (bool, String) {
    if request.is_json {
        return (false, "{}".to_owned());
    }
    let action = request.body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
    if action == "AssumeRole" {
        return (false, ASSUMED.to_owned());
    }
    let empty = format!("<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId></{action}Response>");
    (true, empty)
}

const ASSUMED: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
    <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn send(stream: &mut TcpStream, head: &str, body: &str) {
        let text = format!("{head} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(text.as_bytes()).expect("sent");
    }

    fn receive(stream: &mut TcpStream) -> String {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).expect("answered");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn an_event_is_handed_out_and_the_first_answer_of_ec2_is_seen() {
        let runtime = Runtime::listen().expect("a port");
        let process = thread::spawn({
            let address = runtime.address();
            move || {
                let mut stream = TcpStream::connect(address).expect("connected");
                send(&mut stream, "GET /2018-06-01/runtime/invocation/next", "");
                let event = receive(&mut stream);
                send(&mut stream, "POST /", "Action=AssumeRole&Version=x");
                let assumed = receive(&mut stream);
                send(&mut stream, "POST /", "Version=x&Action=DescribeVpcs");
                (event, assumed, receive(&mut stream))
            }
        });
        runtime.wait_for_next(SOON).expect("asked");
        runtime.invoke("{\"a\":1}", SOON).expect("EC2 was asked");
        let (event, assumed, vpcs) = process.join().expect("served");
        assert!(event.ends_with("\r\n\r\n{\"a\":1}") && event.contains("Lambda-Runtime-Deadline-Ms"), "{event}");
        assert!(assumed.contains("ASIAEXAMPLE"), "{assumed}");
        assert!(vpcs.contains("<DescribeVpcsResponse"), "{vpcs}");
    }

    #[test]
    fn a_process_that_can_not_start_says_why() {
        let runtime = Runtime::listen().expect("a port");
        let mut stream = TcpStream::connect(runtime.address()).expect("connected");
        send(&mut stream, "POST /2018-06-01/runtime/init/error", "no handler");
        let error = runtime.wait_for_next(SOON).expect_err("no event was asked for");
        assert!(error.to_string().contains("no handler"), "{error}");
    }

    #[test]
    fn other_services_answer_with_nothing() {
        let head = "POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\ncontent-length: 2\r\n\r\n{}";
        let request = read(&mut head.as_bytes()).expect("readable").expect("a request");
        assert_eq!((request.path.as_str(), request.body.as_str(), answer(&request)), ("/", "{}", (false, "{}".to_owned())));
        assert!(read(&mut &b""[..]).expect("readable").is_none());
    }
}
