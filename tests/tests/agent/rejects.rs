//! Rows that could not land, told over HTTP and sent again.

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;

use super::jobs::{begin, found, over};
use super::{arrived, copying, furnish};

const LIST: &str = "/projects/shop/syncs/copy/rejects";
const REPLAY: &str = "/projects/shop/syncs/copy/rejects/replay";

fn ids(list: &Json) -> Vec<&str> {
    let rejects = list["rejects"].as_array().unwrap().iter();
    rejects.map(|reject| reject["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_could_not_land_are_listed_and_sent_again() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    let from = rusqlite::Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
    from.execute_batch("delete from t; insert into t values (1, '1'), (2, 'x'), (3, 'y'), (9007199254740993, 'z')")
        .unwrap();
    let file = copying("").replace(
        "{ write: merge }",
        "{ write: merge, on_error: reject, columns: { text: { type: int64 } } }",
    );
    agent.push("shop", &file, None).await.done();
    let run = agent.run("shop", "copy").await;
    let ended = agent.over(&run).await;
    assert_eq!(
        (&ended["state"], arrived(agent.syncapp())),
        (&json!("done"), 1),
        "{ended:#}"
    );

    let list = found(&agent, LIST, Some(json!({ "run": run }))).await;
    assert_eq!((ids(&list).len(), &list["next"]), (3, &Json::Null), "{list:#}");
    let rejects = list["rejects"].as_array().unwrap();
    let big = rejects
        .iter()
        .find(|reject| reject["row"]["id"] == "9007199254740993")
        .unwrap();
    assert_eq!(
        (
            &big["code"],
            &big["column"],
            &big["row"]["text"],
            &big["stream"],
            &big["run"],
            &big["row_key"]
        ),
        (
            &json!("transform.cast_failed"),
            &json!("text"),
            &json!("z"),
            &json!("t"),
            &json!(run),
            &json!(["9007199254740993"])
        )
    );
    // In pages, each row once.
    let (mut from, mut seen) = (Json::Null, Vec::new());
    loop {
        let page = found(&agent, LIST, Some(json!({ "limit": 1, "stream": "t", "from": from }))).await;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        from = page["next"].clone();
        if from.is_null() {
            break;
        }
        assert!(seen.len() < 4, "a page comes twice");
    }
    assert_eq!(seen, ids(&list));
    let other = "01a2b3c4-0000-7000-8000-000000000000";
    assert_eq!(
        found(&agent, LIST, Some(json!({ "run": other }))).await["rejects"],
        json!([])
    );

    let one = big["id"].as_str().unwrap();
    let again = found(&agent, REPLAY, Some(json!({ "ids": [one] }))).await;
    assert_eq!(again["streams"][0]["rows"][0]["outcome"], "rejected", "{again:#}");
    let mended = found(
        &agent,
        REPLAY,
        Some(json!({ "ids": [one], "fixes": { "text": "'26'" } })),
    )
    .await;
    assert_eq!(mended["streams"][0]["rows"][0]["outcome"], "landed", "{mended:#}");
    assert_eq!(arrived(agent.syncapp()), 2);
    let gone = over(&agent, &begin(&agent, REPLAY, Some(json!({ "ids": [one] }))).await).await;
    assert_eq!(
        (&gone["state"], &gone["errors"][0]["code"]),
        (&json!("failed"), &json!("config.conflict")),
        "{gone:#}"
    );
    let fix = json!({ "fixes": { "text": "nonsense(" } });
    let wrong = over(&agent, &begin(&agent, REPLAY, Some(fix)).await).await;
    assert_eq!(wrong["state"], "failed", "{wrong:#}");
    found(&agent, REPLAY, Some(json!({ "fixes": { "text": "length(text)" } }))).await;
    assert_eq!(found(&agent, LIST, Some(json!({}))).await["rejects"], json!([]));
    assert_eq!(arrived(agent.syncapp()), 4);

    let wrong = agent.ask(Method::POST, LIST, Some(json!({ "limit": 501 }))).await;
    assert_eq!(wrong.status.as_u16(), 422);
}
