//! How often somebody may come back from a provider in vain, and that others are not held up by it.

use reqwest::Method;
use syncapp_tests::agent::Agent;
use syncapp_tests::server::issuer::Issuer;

use super::{Browser, agent, callback, honest, started};

/// More than any limit of tries.
const MANY: usize = 60;

async fn behind_a_proxy(issuer: &Issuer) -> Agent {
    let (syncapp, settings) = agent(issuer.url(), "us");
    let settings = format!("{settings}trusted_proxies = [\"127.0.0.1\"]\n");
    started(Agent::new(syncapp, &settings)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_office_signs_in_from_one_address() {
    let issuer = Issuer::start().await;
    let agent = behind_a_proxy(&issuer).await;
    for number in 0..MANY {
        let mut colleague = Browser::at("192.0.2.7");
        assert_eq!(honest(&mut colleague, &agent, &issuer).await, 303, "colleague {number}");
        assert!(number > 0 || colleague.me(&agent).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_closes_the_door_to_a_provider_for_those_elsewhere() {
    let issuer = Issuer::start().await;
    let agent = behind_a_proxy(&issuer).await;
    let empty = async |address: &str| {
        let answer = Browser::at(address).send(Method::GET, &callback(&agent), None).await;
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    // One address, then many, none of which is refused as often as that one.
    let mut statuses = Vec::new();
    for _ in 0..MANY {
        statuses.push(empty("198.51.100.1").await);
    }
    for number in 0..4 * MANY {
        let address = format!("198.51.100.{}", 2 + number % 20);
        assert_eq!(empty(&address).await, (401, false), "{address}");
    }
    assert_eq!(
        (statuses[0], statuses[MANY - 1]),
        ((401, false), (429, true)),
        "{statuses:?}"
    );
    assert_eq!(honest(&mut Browser::at("192.0.2.7"), &agent, &issuer).await, 303);
    assert_eq!(
        honest(&mut Browser::at("198.51.100.1"), &agent, &issuer).await,
        429,
        "where it is closed"
    );

    // A host of IPv6 that takes another address of its network for each try.
    let mut statuses = Vec::new();
    for number in 0..MANY {
        statuses.push(empty(&format!("2001:db8:1:2::{number:x}")).await.0);
    }
    assert_eq!((statuses[0], statuses[MANY - 1]), (401, 429), "{statuses:?}");
    assert_eq!(empty("2001:db8:1:3::1").await.0, 401, "another network");
}
