//! A lock that one tab of a browser holds ([Web Locks](https://www.w3.org/TR/web-locks/)): requested when
//! it is made, released when it is dropped.

use std::{cell::Cell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use crate::browser::{base::named, task::begin};

#[wasm_bindgen]
extern "C" {
    // web-sys has it among the unstable interfaces only.
    type LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, hold: &Function) -> Promise;
}

/// What became of the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// It is this tab's.
    Granted,
    /// Another tab has taken it away.
    Robbed,
    /// The browser gives none.
    Refused,
}

/// A lock that was asked for.
#[derive(Debug)]
pub struct Lock {
    waiting: AbortController,
    release: Function,
    dropped: Rc<Cell<bool>>,
}

/// Whether this browser gives this page locks: only on https and on this machine.
#[must_use]
pub fn exists() -> bool {
    locks().is_some()
}

impl Lock {
    /// Waits for the lock, or takes it away from whoever has it. `say` is called with what becomes of
    /// it, until it is dropped.
    ///
    /// # Errors
    /// Where the browser has no locks.
    pub fn ask(
        name: &str,
        steal: bool,
        say: impl Fn(LockEvent) + 'static,
    ) -> Result<Self, JsValue> {
        let locks = locks().ok_or(JsValue::NULL)?;
        let waiting = AbortController::new()?;
        let options = Object::new();
        // A lock that is taken away is not waited for: the two exclude each other.
        if steal {
            Reflect::set(&options, &"steal".into(), &JsValue::TRUE)?;
        } else {
            Reflect::set(&options, &"signal".into(), &waiting.signal())?;
        }
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let (dropped, granted) = (Rc::<Cell<bool>>::default(), Rc::<Cell<bool>>::default());
        let say = Rc::new(say);
        let hold = {
            let (say, dropped, granted) = (say.clone(), dropped.clone(), granted.clone());
            Closure::once_into_js(move || {
                granted.set(true);
                if !dropped.get() {
                    say(LockEvent::Granted);
                }
                held
            })
        };
        let over = locks.request(&named(name), &options, hold.unchecked_ref());
        let gone = dropped.clone();
        begin(async move {
            if JsFuture::from(over).await.is_err() && !gone.get() {
                say(if granted.get() { LockEvent::Robbed } else { LockEvent::Refused });
            }
        });
        let release = release.ok_or(JsValue::NULL)?;
        Ok(Self { waiting, release, dropped })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.dropped.set(true);
        self.waiting.abort();
        // Resolving a promise cannot fail.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

fn locks() -> Option<LockManager> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
    (!locks.is_undefined()).then(|| locks.unchecked_into())
}
