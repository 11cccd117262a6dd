use std::convert::Infallible;

use futures_util::{FutureExt as _, stream};
use tokio::sync::mpsc;

use super::*;

/// A body that brings what is sent to it, and says when nobody reads it any more.
fn told() -> (mpsc::UnboundedSender<&'static [u8]>, Body) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pieces = stream::unfold(
        receiver,
        |mut receiver: mpsc::UnboundedReceiver<&'static [u8]>| async move {
            let piece = receiver.recv().await?;
            Some((Ok::<_, Infallible>(Bytes::from_static(piece)), receiver))
        },
    );
    (sender, Body::from_stream(pieces))
}

#[tokio::test]
async fn pieces_come_as_they_are_made() {
    let bodies = Bodies::default();
    let (sender, body) = told();
    let number = bodies.here(body).unwrap();
    assert!(bodies.pull(number).now_or_never().is_none(), "nothing is there yet");
    sender.send(b"one").unwrap();
    assert_eq!(bodies.pull(number).await.unwrap(), "one");
    sender.send(b"").unwrap();
    sender.send(b"two").unwrap();
    assert_eq!(bodies.pull(number).await.unwrap(), "two", "an empty piece is no end");
    drop(sender);
    assert!(bodies.pull(number).await.unwrap().is_empty());
    assert!(bodies.open().bodies.is_empty(), "at its end it is gone");
    assert!(bodies.pull(number).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_long_piece_is_cut() {
    let bodies = Bodies::default();
    let long: Vec<u8> = (0..MOST * 2 + 3).map(|at| at as u8).collect();
    let number = bodies.here(Body::from(long.clone())).unwrap();
    let mut read = Vec::new();
    let mut lengths = Vec::new();
    loop {
        let piece = bodies.pull(number).await.unwrap();
        if piece.is_empty() {
            break;
        }
        lengths.push(piece.len());
        read.extend(piece);
    }
    assert_eq!((lengths, read), (vec![MOST, MOST, 3], long));
}

#[tokio::test]
async fn whoever_leaves_cancels_the_request() {
    let bodies = Bodies::default();
    for waits in [false, true] {
        let (sender, body) = told();
        let number = bodies.here(body).unwrap();
        let mut pull = Box::pin(bodies.pull(number));
        if waits {
            assert!(pull.as_mut().now_or_never().is_none());
            bodies.leave(number);
            assert!(pull.await.unwrap().is_empty());
        } else {
            drop(pull);
            bodies.leave(number);
        }
        sender.closed().await;
    }
    let (sender, body) = told();
    bodies.here(body).unwrap();
    bodies.leave_all();
    sender.closed().await;
}

#[test]
fn an_empty_body_has_no_number() {
    assert_eq!(Bodies::default().here(Body::empty()), None);
}
