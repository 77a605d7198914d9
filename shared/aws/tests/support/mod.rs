//! AWS's wire, played by a server on this machine: answers are recorded shapes with made-up ids.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::disallowed_methods,
    clippy::unnecessary_wraps
)] // each test file uses a part of it, and answers are optional

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use peerwright_aws::{ClientPool, Ec2Cloud, MemberRole, SessionPolicy};
use peerwright_core::ids::Place;

/// A request as the server saw it: the form of its body.
pub type Request = HashMap<String, String>;
/// Status and body; `None` for what the test doesn't speak of.
pub type Answered = Option<(u16, String)>;
type Answer = Box<dyn Fn(&Request) -> Answered + Send + Sync>;

/// A server that answers the query protocol of EC2 and STS, and the JSON protocol of other services.
pub struct Wire {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Wire {
    /// Answers what `answer` speaks of; any other role may be assumed, any other call is refused.
    pub fn answering(answer: impl Fn(&Request) -> Answered + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen): (Arc<Answer>, _) = (Arc::new(Box::new(answer)), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                thread::spawn(move || serve_connection(stream, &answer, &seen));
            }
        });
        Self { url, requests }
    }

    /// The requests for an action, in order.
    pub fn requests(&self, action: &str) -> Vec<Request> {
        let requests = self.requests.lock().expect("the list");
        requests.iter().filter(|request| request["Action"] == action).cloned().collect()
    }

    /// The hub's own access to AWS behind this wire, without retries.
    pub async fn config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("100000000001", "local", None, None, "test")))
            .retry_config(RetryConfig::disabled())
            .load()
            .await
    }

    /// EC2 in any member account, behind this wire.
    pub async fn cloud(&self) -> Ec2Cloud {
        Ec2Cloud::new(self.pool().await)
    }

    /// The clients of a process behind this wire.
    pub async fn pool(&self) -> Arc<ClientPool> {
        pool_with(self.config().await)
    }

    /// EC2 in any member account, by clients that try again as those of a function do.
    pub async fn retrying_cloud(&self) -> Ec2Cloud {
        let again = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        Ec2Cloud::new(pool_with(self.config().await.to_builder().retry_config(again).build()))
    }
}

fn pool_with(config: SdkConfig) -> Arc<ClientPool> {
    let role = MemberRole {
        partition: "aws-cn".to_owned(),
        name: "/peerwright/peerwright-member-accept".to_owned(),
        external_id: "an-external-id".to_owned(),
        session: "peerwright-test".to_owned(),
        policy: SessionPolicy::new(&[]),
    };
    Arc::new(ClientPool::new(config, role))
}

fn serve_connection(stream: TcpStream, answer: &Answer, seen: &Mutex<Vec<Request>>) {
    let mut writer = stream.try_clone().expect("a second handle");
    let mut reader = BufReader::new(stream);
    while let Some((target, body)) = read_request(&mut reader) {
        let request: Request = match target {
            Some(action) => from_json(action, &body),
            None => body.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (decode(k), decode(v))).collect(),
        };
        let (status, text) = answer(&request).unwrap_or_else(|| default(&request));
        seen.lock().expect("the list").push(request);
        let head = format!("HTTP/1.1 {status} OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", text.len());
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(text.as_bytes())).is_err() {
            return;
        }
    }
}

fn default(request: &Request) -> (u16, String) {
    if request["Action"] == "AssumeRole" { (200, assumed_role()) } else { (400, "<Response/>".to_owned()) }
}

/// A request of the JSON protocol as if it were a form: the operation stands in a header, and values are texts as a rule.
fn from_json(action: String, body: &str) -> Request {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(body).expect("a JSON object");
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.into_iter().map(|(key, value)| (key, text(value))).chain([("Action".to_owned(), action)]).collect()
}

/// The operation, where a header names it, and the body.
fn read_request(reader: &mut impl BufRead) -> Option<(Option<String>, String)> {
    let (mut target, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.to_lowercase().starts_with("x-amz-target:") {
            target = line.trim().rsplit('.').next().map(str::to_owned);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((target, String::from_utf8(body).ok()?))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).expect("ASCII"), 16).expect("hexadecimal"));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn assumed_role() -> String {
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
     <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
     <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
     <Arn>arn:aws-cn:sts::222222222222:assumed-role/peerwright-member-accept/x</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
        .to_owned()
}

/// STS's way to refuse.
pub fn sts_error(code: &str) -> Answered {
    let text = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>User: somebody is not authorized</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    Some((403, text))
}

/// EC2's way to refuse.
pub fn ec2_error(status: u16, code: &str) -> Answered {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code}</Code><Message>words of AWS</Message>\
         </Error></Errors><RequestID>r</RequestID></Response>"
    );
    Some((status, text))
}

/// EC2's answer to an action.
pub fn ec2(action: &str, body: &str) -> Answered {
    Some((
        200,
        format!("<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>{body}</{action}Response>"),
    ))
}

/// An answer of the JSON protocol.
pub fn json(body: &serde_json::Value) -> Answered {
    Some((200, body.to_string()))
}

/// The JSON protocol's way to refuse.
pub fn json_error(code: &str) -> Answered {
    Some((400, serde_json::json!({ "__type": code, "Message": "words of AWS" }).to_string()))
}

/// An account and Region.
pub fn place(account: &str, region: &str) -> Place {
    Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") }
}
