use std::path::Path;

use super::*;

#[tokio::test]
async fn virtual_hosts_are_apart_and_a_crash_keeps_them() {
    let mut server = RabbitMq::start().await;
    let (one, other) = (server.virtual_host().await, server.virtual_host().await);
    assert_ne!(one.url(), other.url());
    let declare = |host: &VirtualHost| {
        format!(
            "{{new,_}}=rabbit_amqqueue:declare(rabbit_misc:r(<<\"{}\">>,queue,<<\"q\">>),true,false,[],none,<<\"test\">>),ok",
            host.name
        )
    };
    server.eval(&declare(&one)).await;
    assert_eq!(one.queue(&server, "q").await, Some((0, 0)));
    assert_eq!(other.queue(&server, "q").await, None);

    server.crash().await;
    assert!(!server.guard.is_running());
    server.restart().await;
    assert_eq!(one.queue(&server, "q").await, Some((0, 0)));
    one.delete_queue(&server, "q").await;
    assert_eq!(one.queue(&server, "q").await, None);
    server.eval(&declare(&one)).await;

    server.crash().await;
    server.restart_wiped().await;
    assert_eq!(one.queue(&server, "q").await, None);
    server.eval(&declare(&one)).await;
}

#[tokio::test]
async fn nothing_of_it_is_left() {
    let server = RabbitMq::start().await;
    let folders = [&server.guard, &server._mapper].map(|guard| guard.folder().to_owned());
    let processes = [&server.guard, &server._mapper].map(|guard| guard.server().unwrap());
    let name = fs::read_to_string(format!("/proc/{}/comm", processes[0])).unwrap();
    assert_eq!(name.trim(), "beam.smp", "the shell has become the server");
    drop(server);
    for (folder, process) in folders.iter().zip(processes) {
        assert!(!folder.exists() && !Path::new(&format!("/proc/{process}")).exists());
    }
}
