//! The front end that this program was built with, if it was there: see `build.rs`.

use axum::body::Bytes;
use syncapp_api::{Asset, Front};

include!(concat!(env!("OUT_DIR"), "/front.rs"));

/// It, ready to be given.
pub(super) fn built() -> Front {
    let assets = FILES.iter().map(|(path, bytes, gzip)| Asset {
        path: (*path).into(),
        bytes: Bytes::from_static(bytes),
        gzip: gzip.map(Bytes::from_static),
    });
    Front::new(assets.collect())
}
