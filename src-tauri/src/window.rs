//! The window: our own pages and nothing else. Wherever else a page would lead, it stays where it is.

use std::path::Path;

use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindowBuilder};

use crate::shell::Shell;

/// What the window is called; `capabilities/main.json` is about it.
pub(crate) const LABEL: &str = "main";
/// Its first size, and its smallest.
const SIZE: (f64, f64) = (1280.0, 800.0);
const SMALLEST: (f64, f64) = (900.0, 600.0);

/// Opens it. What the web view keeps lies in the folder of data.
pub(crate) fn open(app: &AppHandle, folder: &Path) -> tauri::Result<()> {
    let dev = tauri::is_dev().then(|| app.config().build.dev_url.clone()).flatten();
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("SyncApp")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .data_directory(folder.join("webview"))
        .on_navigation(move |url| is_own(url, dev.as_ref()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Shell>().bodies.leave_all();
            }
        })
        .build()?;
    Ok(())
}

/// Shows it to whoever starts the program once more.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let shown = window.unminimize().and(window.show()).and(window.set_focus());
        if let Err(problem) = shown {
            tracing::warn!(%problem, "the window does not come to the front");
        }
    }
}

/// Whether an address is one of our pages. `dev` is where they come from while they are developed.
fn is_own(url: &Url, dev: Option<&Url>) -> bool {
    let is_built = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    };
    is_built || dev.is_some_and(|dev| dev.origin() == url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_pages_are_shown() {
        let cases = [
            ("tauri://localhost/", true),
            ("tauri://localhost/projects/a", true),
            ("tauri://elsewhere/", false),
            ("http://tauri.localhost/", cfg!(windows)),
            ("http://tauri.localhost:81/", false),
            ("http://tauri.localhost.example.net/", false),
            ("https://example.net/", false),
            ("http://localhost:5173/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("blob:tauri://localhost/x", false),
            ("about:blank", false),
            ("javascript:alert(1)", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_own(&text.parse().unwrap(), None), expected, "{text}");
        }
        let dev: Url = "http://localhost:5173".parse().unwrap();
        for (text, expected) in [("http://localhost:5173/runs", true), ("http://localhost:5174/", false)] {
            assert_eq!(is_own(&text.parse().unwrap(), Some(&dev)), expected, "{text}");
        }
    }
}
