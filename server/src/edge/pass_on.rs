//! Passes the writing of a wrapped `socket` on to it, for wrappers to which only some of it matters.

/// Methods of `AsyncWrite` that do what `socket` does, by name: `write`, which is all three ways to write,
/// `flush` and `shutdown`. The type is projected, and its field is pinned.
macro_rules! pass_on {
    ($($method:ident),+) => { $(pass_on!(@ $method);)+ };
    (@ write) => {
        fn poll_write(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
            bytes: &[u8],
        ) -> ::std::task::Poll<::std::io::Result<usize>> {
            self.project().socket.poll_write(context, bytes)
        }

        fn poll_write_vectored(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
            slices: &[::std::io::IoSlice<'_>],
        ) -> ::std::task::Poll<::std::io::Result<usize>> {
            self.project().socket.poll_write_vectored(context, slices)
        }

        fn is_write_vectored(&self) -> bool {
            self.socket.is_write_vectored()
        }
    };
    (@ flush) => {
        fn poll_flush(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
        ) -> ::std::task::Poll<::std::io::Result<()>> {
            self.project().socket.poll_flush(context)
        }
    };
    (@ shutdown) => {
        fn poll_shutdown(
            self: ::std::pin::Pin<&mut Self>,
            context: &mut ::std::task::Context<'_>,
        ) -> ::std::task::Poll<::std::io::Result<()>> {
            self.project().socket.poll_shutdown(context)
        }
    };
}

pub(super) use pass_on;
