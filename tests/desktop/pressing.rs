//! The tests' own hand: a press reaches what it was aimed at, and nothing else.

use serde_json::json;
use syncapp_tests::desktop::what::button;
use syncapp_tests::desktop::{Desk, Keyring};

const PRESSES: usize = 20;
/// Puts a button over the page that stands elsewhere in each frame.
const RESTLESS: &str = "const restless = document.createElement('button');
    restless.textContent = 'Restless';
    restless.style.cssText = 'position: fixed; top: 300px; z-index: 1000';
    const move = (now) => {
      restless.style.left = `${300 + (now % 7) * 60}px`;
      requestAnimationFrame(move);
    };
    move(0);
    window.pressed = [];
    addEventListener('click', (event) => window.pressed.push(event.target.textContent));
    document.body.append(restless);";

#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_would_land_elsewhere_is_tried_again() {
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    window.script(RESTLESS, vec![]).await;
    for _ in 0..PRESSES {
        window.click(button("Restless")).await;
    }
    let pressed = window.script("return window.pressed", vec![]).await;
    assert_eq!(pressed, json!(vec!["Restless"; PRESSES]));
}
