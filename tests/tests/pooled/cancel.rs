//! A request to stop what the server is doing, that the pooler is slow to pass on.

use std::time::Duration;

use futures_util::StreamExt as _;
use syncapp_tests::server::pgbouncer::PgBouncer;
use syncapp_tests::server::postgres::{Database, Login};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::pools::large;
use crate::postgres::ends::{public, request, source};

/// How a request to stop begins: its length and its code.
const CANCEL: [u8; 8] = [0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e];

/// Longer than a pooler takes to see that the one who asked has left.
const HELD: Duration = Duration::from_millis(500);

/// A way to the server that holds requests to stop up, and tells when one has been answered.
async fn slow_way(server: u16) -> (u16, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (answered, answers) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut pooler, _)) = listener.accept().await {
            let answered = answered.clone();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                let mut first = [0; 8];
                pooler.read_exact(&mut first).await.unwrap();
                if first == CANCEL {
                    tokio::time::sleep(HELD).await;
                }
                server.write_all(&first).await.unwrap();
                drop(copy_bidirectional(&mut pooler, &mut server).await);
                if first == CANCEL {
                    answered.send(()).unwrap();
                }
            });
        }
    });
    (port, answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pooler_outlives_a_request_to_stop() {
    let database = large().await;
    let (port, mut answers) = slow_way(database.reader.port).await;
    let through = |login: &Login| Login { port, ..login.clone() };
    let slow = Database {
        reader: through(&database.reader),
        writer: through(&database.writer),
        ..database
    };
    let bouncer = PgBouncer::start(&slow, 2).await;
    let source = source(&bouncer.database().reader);
    let spec = source.describe(&public("large")).await.unwrap();
    let snapshot = source.open(&request(&public("large"), &spec, false)).await.unwrap();
    let mut batches = snapshot.read(&snapshot.splits()[0]).await.unwrap();
    batches.next().await.unwrap().unwrap();
    drop((batches, snapshot));
    let answer = tokio::time::timeout(Duration::from_secs(30), answers.recv()).await;
    answer.expect("the server is told to stop").unwrap();
    source.describe(&public("large")).await.unwrap();
}
