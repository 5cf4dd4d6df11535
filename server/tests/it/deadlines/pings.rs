//! Pings over HTTP/2: after 20 s of silence, with 20 s for the answer.

use super::*;

/// What a client says that opens a stream.
fn streaming() -> Vec<u8> {
    [PREFACE, &settings(&[]), &frame(HEADERS, WHOLE, 1, &head("GET", "/sse", &[]))].concat()
}

#[tokio::test(start_paused = true)]
async fn who_answers_no_ping_is_gone_after_40_s() {
    let silent = async {
        let (_world, socket) = begun().await;
        end(socket, &[(&streaming()[..], SECOND)]).await
    };
    let (after, answer) = Http2OverTls.run(silent).await;
    let pings = frames(&answer).into_iter().filter(|frame| frame.kind == PING);
    assert_eq!((after, pings.count()), (40, 1));
}

#[tokio::test(start_paused = true)]
async fn who_answers_pings_stays() {
    Http2OverTls
        .run(async {
            let (_world, socket) = begun().await;
            let (mut reading, mut writing) = split(socket);
            writing.write_all(&streaming()).await.unwrap();
            let (begun, mut pinged) = (Instant::now(), Vec::new());
            while pinged.len() < 5 {
                let mut head = [0; 9];
                reading.read_exact(&mut head).await.unwrap();
                let mut contents = vec![0; Frame::length(head)];
                reading.read_exact(&mut contents).await.unwrap();
                let next = Frame::new(head, contents);
                if next.kind == PING {
                    pinged.push(begun.elapsed().as_secs());
                    writing.write_all(&frame(PING, 1, 0, &next.contents)).await.unwrap();
                }
            }
            assert_eq!(pinged, [20, 40, 60, 80, 100]);
        })
        .await;
}
