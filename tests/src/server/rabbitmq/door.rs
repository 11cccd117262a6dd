//! A door into the server for its harness: a socket in its folder, which only its own user and root can enter.

use std::io;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The socket's name in the server's folder.
pub(super) const NAME: &str = "door";

/// The Erlang expression that opens the door. Whoever comes through sends expressions and hears what they are worth, each text
/// with its length before it.
pub(super) fn opening(folder: &Path) -> String {
    let answer = "fun(Text)->\
        try {ok,Tokens,_}=erl_scan:string(unicode:characters_to_list(<<Text/binary,\".\">>)),\
            {ok,Forms}=erl_parse:parse_exprs(Tokens),\
            {value,Value,_}=erl_eval:exprs(Forms,[]),\
            io_lib:format(\"+~tp\",[Value])\
        catch Class:Reason->io_lib:format(\"-~tp\",[{Class,Reason}]) end end";
    let serve = "fun Serve()->\
        {ok,Guest}=gen_tcp:accept(Door),\
        case gen_tcp:recv(Guest,0) of\
            {ok,Text}->gen_tcp:send(Guest,unicode:characters_to_binary(Answer(Text)));\
            _->ok end,\
        gen_tcp:close(Guest),Serve() end";
    let place = folder.join(NAME);
    format!(
        "spawn(fun()->{{ok,Door}}=gen_tcp:listen(0,[{{ifaddr,{{local,\"{}\"}}}},{{packet,4}},{{active,false}},binary]),\
         Answer={answer},Serve={serve},Serve() end)",
        place.display()
    )
}

/// Sends expressions through the door.
pub(super) async fn ask(folder: &Path, expressions: &str) -> io::Result<String> {
    let mut door = UnixStream::connect(folder.join(NAME)).await?;
    door.write_u32(expressions.len() as u32).await?;
    door.write_all(expressions.as_bytes()).await?;
    let mut answer = vec![0; door.read_u32().await? as usize];
    door.read_exact(&mut answer).await?;
    let answer = String::from_utf8(answer).map_err(io::Error::other)?;
    match answer.split_at_checked(1) {
        Some(("+", worth)) => Ok(worth.to_owned()),
        _ => Err(io::Error::other(answer)),
    }
}
