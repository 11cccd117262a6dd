//! Data is text, and a page that somebody else has got hold of reaches nothing.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value as Json, json};
use syncapp_tests::desktop::what::{button, heading, link, project, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring};

/// Would run in a page that takes data for HTML.
const NAUGHTY: &str = "<img src=x onerror=\"window.naughty=1\">";
const FILE: &str = "version: 1
connections:
  exports: { connector: files, path: ./people, format: csv }
  lake: { connector: sqlite, path: ./lake.db }
syncs:
  people: { source: exports, destination: lake, streams: { people.csv: { into: people } } }
";

#[tokio::test(flavor = "multi_thread")]
async fn data_is_text() {
    let desk = Desk::new(Keyring::Unlocked).await;
    fs::create_dir_all(desk.data().join("people")).unwrap();
    let rows = format!("id,name\n1,\"{}\"\n", NAUGHTY.replace('"', "\"\""));
    fs::write(desk.data().join("people/people.csv"), rows).unwrap();
    let window = desk.open().await;
    window.push("people", FILE).await;
    window.click(project("people")).await;
    window.find(heading("people")).await;
    window.click(link("people").within(row("people"))).await;
    window.click(button("Open designer")).await;
    window.find(text("onerror=").within(role("region", "Sample"))).await;
    window.click(button("Run")).await;
    window.click(button("View")).await;
    window.find(text("Done in")).await;
    let seen = "return [String(window.naughty), document.querySelectorAll('main img').length]";
    assert_eq!(window.script(seen, vec![]).await, json!(["undefined", 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reaches_the_interface_and_nothing_else() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = format!("http://{}", elsewhere.local_addr().unwrap());
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    let ask = |agent: Json, path: &str| {
        let asked = json!({ "agent": agent, "method": "GET", "path": path, "headers": [], "body": null });
        window.call("ask", asked)
    };
    assert_eq!(ask(Json::Null, "/api/v1/me").await.unwrap()["status"], json!(200));
    let outside = [
        "/metrics",
        "/",
        "/api/../metrics",
        "/api/%2e%2e/metrics",
        "/api//v1/me",
        "//x/api/v1/me",
        "@x/api/v1/me",
    ];
    for path in outside
        .map(str::to_owned)
        .into_iter()
        .chain([format!("{address}/api/v1/me")])
    {
        let refused = ask(Json::Null, &path).await.unwrap_err();
        assert!(
            refused["code"].is_string() && refused["title"].is_string(),
            "{path}: {refused}"
        );
    }
    for agent in ["nobody", "", "../x", &address] {
        ask(json!(agent), "/api/v1/me").await.unwrap_err();
    }
    for (command, arguments) in [
        ("plugin:fs|read_text_file", json!({ "path": "/etc/passwd" })),
        ("plugin:shell|execute", json!({ "program": "sh", "args": [] })),
        ("plugin:opener|open_url", json!({ "url": address })),
        ("plugin:dialog|open", json!({ "options": {} })),
        ("plugin:event|emit", json!({ "event": "x", "payload": 1 })),
        (
            "plugin:webview|create_webview_window",
            json!({ "options": { "label": "x", "url": address } }),
        ),
        ("plugin:updater|check", json!({})),
        ("plugin:window|close", json!({ "label": "main" })),
    ] {
        window.call(command, arguments).await.unwrap_err();
    }
    // What is put into the page runs nothing, and tells nobody.
    let tried = window.script(
        "const [address] = arguments;
         const blocked = (doing) => { try { doing(); return false; } catch { return true; } };
         const image = document.createElement('p');
         image.innerHTML = '<img src=x onerror=\"window.naughty=1\"><iframe src=\"' + address + '\"></iframe>';
         const script = document.createElement('script');
         script.textContent = 'window.naughty = 2';
         document.body.append(image, script);
         const failed = new Promise((done) => { image.firstChild.addEventListener('error', done); });
         const asked = fetch(address).then(() => 'answered', () => 'refused');
         return Promise.all([failed, asked]).then(([, fetched]) =>
           [blocked(() => eval('1')), fetched, String(window.naughty), location.protocol])",
        vec![json!(address)],
    );
    assert_eq!(tried.await, json!([true, "refused", "undefined", "tauri:"]));
    assert!(elsewhere.accept().is_err(), "somebody elsewhere was asked");
    window.find(text("flights")).await;
}
