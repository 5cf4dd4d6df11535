//! Tasks that go on beside the rest.

use std::{future::Future, pin::Pin};

/// Begins one. (A boxed future: each type of them would bring a task of its own.)
pub fn begin(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    wasm_bindgen_futures::spawn_local(task);
}
