//! Which paths there are outside the interface.

use percent_encoding::percent_decode_str;

use super::file::form;

/// What the interface's own paths begin with.
const API: &str = "api";

/// Whether a path is the interface's to answer, by its letters as they were sent.
pub(super) fn is_api(path: &str) -> bool {
    path.split('/').nth(1) == Some(API)
}

/// Whether a path may be a place in the page: spelled as browsers spell, and none that somebody before or behind this program could take
/// for one of the interface's. What is called like a file is one, and a `/` within a name is none, unless a browser `goes` there: behind
/// the first name there are names of the user's own.
pub(super) fn is_place(path: &str, goes: bool) -> bool {
    let Some(names) = path.strip_prefix('/') else {
        return false;
    };
    let (first, own) = names
        .split_once('/')
        .map_or((names, None), |(first, own)| (first, Some(own)));
    let is_api = means(first).is_some_and(|name| name.eq_ignore_ascii_case(API));
    let free = goes && own.is_some() && !first.contains('.');
    let mut own = own.into_iter().flat_map(|own| own.split('/'));
    is_name(first, false) && !is_api && own.all(|name| is_name(name, free)) && (free || form(names).is_none())
}

/// A name, and whether it may have a `/` in it.
fn is_name(name: &str, free: bool) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!*'()@:$&+,=%".contains(&byte);
    let escaped = |(at, _): (usize, &str)| {
        let digits = name.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let is_spelled = name.bytes().all(plain) && name.match_indices('%').all(escaped);
    let harmless = |meant: &str| {
        let stays = meant.split('/').all(|part| ![".", ".."].contains(&part));
        let whole = !meant.is_empty() && (free || !meant.contains('/'));
        stays && whole && !meant.contains(['\\', ';', '%']) && !meant.contains(char::is_control)
    };
    is_spelled && means(name).is_some_and(|meant| harmless(&meant))
}

/// What a name stands for.
fn means(name: &str) -> Option<String> {
    let meant = percent_decode_str(name).decode_utf8().ok()?;
    Some(meant.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spelled_plainly() {
        for (path, place) in [
            ("/runs", true),
            ("/projects/my%20shop/syncs/copy", true),
            ("/projects/b%C3%A4r/streams/public.orders", true),
            ("/projects/shop/streams/orders.csv", true),
            ("/a/b:c@d(e)'f", true),
            ("/apis/v1", true),
            ("/projects/api", true),
            ("/", false),
            ("/runs/", false),
            ("//runs", false),
            ("/runs//x", false),
            ("/./runs", false),
            ("/x/../runs", false),
            ("/x/%2e%2E/runs", false),
            ("/x/%2e", false),
            ("/x%2fy", false),
            ("/x%5Cy", false),
            ("/x\\y", false),
            ("/x%00", false),
            ("/x%0d%0ay", false),
            ("/x%", false),
            ("/x%2", false),
            ("/x%zz", false),
            ("/x%252e", false),
            ("/x%ff", false),
            ("/x;y", false),
            ("/x%3by", false),
            ("/x y", false),
            ("/x|y", false),
            ("/b\u{e4}r", false),
            ("/api", false),
            ("/API/v1/runs", false),
            ("/%61pi/v1/runs", false),
            ("/%41PI", false),
            ("/main.js", false),
            ("/x/main.JS", false),
            ("/assets/main-1a2b3c4d.js.map", false),
            ("/robots.txt", false),
            ("runs", false),
            ("*", false),
        ] {
            assert_eq!(is_place(path, false), place, "{path}");
        }
    }

    #[test]
    fn whoever_goes_somewhere_finds_names_of_any_kind() {
        for (path, place) in [
            ("/projects/shop/connections/a%2Fb", true),
            ("/projects/shop/streams/in%2Forders.json", true),
            ("/projects/shop/streams/orders.json", true),
            ("/projects/x%2F", true),
            ("/projects/api/main.js", true),
            ("/runs", true),
            ("/runs/", false),
            ("/main.js", false),
            ("/robots.txt", false),
            ("/.git/config.json", false),
            ("/x%2Fy", false),
            ("/api%2Fv1/runs", false),
            ("/%61pi/v1%2Fruns", false),
            ("/API/v1/runs.json", false),
            ("/x/..%2F..%2Fapi", false),
            ("/x/..%2Fapi.json", false),
            ("/x/%2E%2E/api.json", false),
            ("/x/a%2F.", false),
            ("/x//y.json", false),
            ("/x/a%5Cb", false),
            ("/x/a%3Bb", false),
            ("/x/a%252Fb", false),
            ("/x/a%00.json", false),
            ("//api/v1/runs.json", false),
        ] {
            assert_eq!(is_place(path, true), place, "{path}");
        }
    }

    #[test]
    fn the_interface_is_below_its_own_name() {
        for (path, api) in [
            ("/api", true),
            ("/api/", true),
            ("/api/v1/runs", true),
            ("/api//v1", true),
            ("/api/../x", true),
            ("/apis", false),
            ("/API", false),
            ("//api", false),
            ("/x/api", false),
            ("/", false),
        ] {
            assert_eq!(is_api(path), api, "{path}");
        }
    }
}
