//! An answer that is there before the client has sent its whole request reaches the client.

use std::{env, net::SocketAddr, path::Path as FilePath, process::Stdio, time::Duration};

use axum::{Router, extract::Path, http::StatusCode, routing::any};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::{Instant, timeout},
};

use crate::{
    proxies::{Kind, Proxy, free_port},
    served::serve,
};

const MIB: usize = 1 << 20;

/// The longest that an answer takes.
const BOUND: Duration = Duration::from_secs(30);

/// With which statuses an upload is refused.
const STATUSES: [u16; 6] = [401, 403, 404, 405, 413, 429];

/// How often each client tries each; `make early` does it 50 times.
const TRIES: usize = 2;

/// Serves an application that answers each request with the status in its path, without reading its body.
async fn refusing() -> SocketAddr {
    let refuse = |Path(status): Path<u16>| async move {
        (StatusCode::from_u16(status).unwrap(), "refused\n")
    };
    let application = Router::new().route("/{status}", any(refuse));
    serve(application).await
}

fn upload(status: u16, length: usize, more: &str) -> String {
    format!("POST /{status} HTTP/1.1\r\nHost: belfry\r\nContent-Length: {length}\r\n{more}\r\n")
}

/// Reads one answer, and returns it in lower case.
async fn answer(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while !bytes.ends_with(b"refused\n") {
            let mut piece = [0; 4096];
            match socket.read(&mut piece).await {
                Ok(read @ 1..) => bytes.extend_from_slice(&piece[..read]),
                ended => panic!("{ended:?} after {:?}", String::from_utf8_lossy(&bytes)),
            }
        }
    };
    timeout(BOUND, reading).await.expect("no answer");
    String::from_utf8(bytes).unwrap().to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_everything_first_gets_the_answer_and_then_the_end() {
    let address = refusing().await;
    for status in STATUSES {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(upload(status, 2 * MIB, "").as_bytes()).await.unwrap();
        socket.write_all(&vec![b'x'; 2 * MIB]).await.unwrap();
        let answer = answer(&mut socket).await;
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{answer}");
        // HAProxy would send its next request where the rest of this one is expected.
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert_eq!(timeout(BOUND, socket.read(&mut [0])).await.unwrap().unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_100_gets_the_final_status_instead() {
    let address = refusing().await;
    for sends in [false, true] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = upload(413, 2 * MIB, "Expect: 100-continue\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let answer = answer(&mut socket).await;
        assert!(answer.starts_with("http/1.1 413 "), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        // It may send the body all the same; the connection is not reset meanwhile.
        if sends {
            socket.write_all(&vec![b'x'; 2 * MIB]).await.unwrap();
        }
        socket.shutdown().await.unwrap();
        assert_eq!(timeout(BOUND, socket.read(&mut [0])).await.unwrap().unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_ends_is_not_read_from_for_ever() {
    let address = refusing().await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(upload(403, 1 << 40, "").as_bytes()).await.unwrap();
    answer(&mut socket).await;
    let mut sent = 0;
    let sending = async {
        while socket.write_all(&[b'x'; 64 * 1024]).await.is_ok() {
            sent += 64 * 1024;
        }
    };
    timeout(BOUND, sending).await.expect("it goes on for ever");
    assert!((8 * MIB..64 * MIB).contains(&sent), "{sent} bytes were taken");

    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(upload(403, MIB, "").as_bytes()).await.unwrap();
    answer(&mut socket).await;
    let begun = Instant::now();
    assert_eq!(timeout(BOUND, socket.read(&mut [0])).await.expect("it waits").unwrap_or(0), 0);
    assert!(begun.elapsed() >= Duration::from_secs(4), "after {:?}", begun.elapsed());
}

/// The statuses that a program has seen, one a line.
async fn seen(program: &str, arguments: &[&str]) -> String {
    let child = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = timeout(4 * BOUND, child).await.expect("it hangs").unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    format!("{}{errors}", String::from_utf8_lossy(&output.stdout))
}

const PYTHON: &str = "
import sys, urllib.request, urllib.error
body = open(sys.argv[1], 'rb').read()
for url in sys.argv[2:]:
    try:
        print(urllib.request.urlopen(url, data=body, timeout=30).status)
    except urllib.error.HTTPError as error:
        print(error.code)
    except Exception as error:
        print(repr(error))
";

const NODE: &str = "
const [file, ...urls] = process.argv.slice(1);
const body = require('fs').readFileSync(file);
(async () => {
  for (const url of urls) {
    try {
      const answer = await fetch(url, { method: 'POST', body });
      await answer.text();
      console.log(answer.status);
    } catch (error) {
      console.log(String(error), String(error.cause));
    }
  }
})();
";

/// What each client has seen of so many uploads to each status.
async fn uploads(
    address: SocketAddr,
    file: &FilePath,
    tries: usize,
) -> [(&'static str, String); 3] {
    let urls: Vec<String> = (0..tries)
        .flat_map(|_| STATUSES.map(|status| format!("http://{address}/{status}")))
        .collect();
    let (urls, file): (Vec<&str>, _) = (urls.iter().map(String::as_str).collect(), file.to_str());
    let file = file.unwrap();
    let data = format!("@{file}");
    let mut curl = String::new();
    for url in &urls {
        let arguments =
            ["-sS", "-o", "/dev/null", "-w", "%{http_code}\n", "--data-binary", &data, url];
        curl += &seen("curl", &arguments).await;
    }
    let python = seen("python3", &[&["-c", PYTHON, file], &urls[..]].concat()).await;
    let node = seen("node", &[&["-e", NODE, file], &urls[..]].concat()).await;
    [("curl", curl), ("urllib", python), ("fetch", node)]
}

async fn all_see_it(address: SocketAddr, by: &str) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("2-mib");
    std::fs::write(&file, vec![b'x'; 2 * MIB]).unwrap();
    let tries = env::var("BELFRY_TEST_UPLOADS").map_or(TRIES, |tries| tries.parse().unwrap());
    let expected = STATUSES.map(|status| format!("{status}\n")).concat().repeat(tries);
    let mut wrong = Vec::new();
    for (client, seen) in uploads(address, &file, tries).await {
        let lines = seen.lines().zip(expected.lines());
        let others: Vec<_> = lines.filter(|(seen, expected)| seen != expected).collect();
        if seen != expected {
            wrong.push(format!("{client} {by}: {} of {}: {others:?}", others.len(), 6 * tries));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn through(kind: Kind) {
    let port = free_port();
    let _proxy = Proxy::start(kind, port, refusing().await);
    all_see_it(SocketAddr::from(([127, 0, 0, 1], port)), &format!("through {kind:?}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_sees_why_its_upload_is_refused() {
    all_see_it(refusing().await, "directly").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_sees_it_through_nginx() {
    through(Kind::NginxDefault).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_sees_it_through_haproxy() {
    through(Kind::HaproxyDefault).await;
}
