//! As much of HTTP/1.1 as a load needs: whole requests and whole answers, by their `Content-Length`.

use std::io::Read;

use httparse::{EMPTY_HEADER, Header, Request, Response, Status};

use crate::Result;

const MOST_HEADERS: usize = 64;

/// A request, with its body.
pub(crate) struct Incoming<'a> {
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
    /// Bytes of it all.
    pub(crate) length: usize,
}

/// The request at the beginning of these bytes, if all of it is there.
pub(crate) fn request(bytes: &[u8]) -> Result<Option<Incoming<'_>>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    let Status::Complete(head) = request.parse(bytes)? else { return Ok(None) };
    let length = head + content_length(request.headers)?;
    let path = request.path.unwrap_or_default();
    Ok(bytes.get(head..length).map(|body| Incoming { path, body, length }))
}

/// The status of the answer in these bytes, if all of it is there.
pub(crate) fn answered(bytes: &[u8]) -> Result<Option<u16>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let Status::Complete(head) = response.parse(bytes)? else { return Ok(None) };
    let whole = bytes.len() >= head + content_length(response.headers)?;
    Ok(response.code.filter(|_| whole))
}

/// Waits for an answer, and returns it whole if its status says success.
pub(crate) fn answer(socket: &mut impl Read) -> Result<String> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match socket.read(&mut piece)? {
            0 => return Err("an answer is cut".into()),
            length => answer.extend(&piece[..length]),
        }
        if let Some(status) = answered(&answer)? {
            let text = String::from_utf8(answer)?;
            return if (200..300).contains(&status) { Ok(text) } else { Err(text.into()) };
        }
    }
}

fn content_length(headers: &[Header<'_>]) -> Result<usize> {
    let length = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    length.map_or(Ok(0), |header| Ok(str::from_utf8(header.value)?.parse()?))
}

#[cfg(test)]
mod tests {
    use super::{answered, request};

    #[test]
    fn a_request_is_whole_with_its_last_byte() {
        let bytes = b"POST /topics/a HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi";
        assert!(request(&bytes[..bytes.len() - 1]).unwrap().is_none());
        let asked = request(bytes).unwrap().unwrap();
        assert_eq!((asked.path, asked.body, asked.length), ("/topics/a", &b"hi"[..], bytes.len()));
    }

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let bytes = b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n";
        assert_eq!(answered(&bytes[..bytes.len() - 1]).unwrap(), None);
        assert_eq!(answered(bytes).unwrap(), Some(404));
    }
}
