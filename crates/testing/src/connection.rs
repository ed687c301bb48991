//! One connection: a request is read, answered as told, and the connection ends.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::answer::Reply;
use crate::double::Double;
use crate::limits::{DRIP, HEAD_BYTES_MAX};

/// Serves one request. Whatever goes wrong is the other side's doing, and its test's to notice.
pub(crate) async fn serve(mut stream: TcpStream, double: &Double) {
    if let Ok(Some(head)) = read_head(&mut stream).await {
        let _ = deliver(stream, double.reply(&head)).await;
    }
}

/// The request's head; `None`: the other side left before its end.
async fn read_head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 || head.len() > HEAD_BYTES_MAX {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

async fn deliver(mut stream: TcpStream, reply: Reply) -> io::Result<()> {
    match reply {
        Reply::Whole(bytes) => stream.write_all(&bytes).await?,
        Reply::Late(after, bytes) => {
            sleep(after).await;
            stream.write_all(&bytes).await?;
        }
        Reply::Dripping(bytes) => {
            stream.set_nodelay(true)?;
            for byte in bytes {
                stream.write_u8(byte).await?;
                sleep(DRIP).await;
            }
        }
        Reply::Silence => while stream.read_u8().await.is_ok() {},
        Reply::Closed => {}
        Reply::Reset => return stream.set_zero_linger(),
    }
    stream.shutdown().await
}
