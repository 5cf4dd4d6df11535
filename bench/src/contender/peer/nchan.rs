//! nchan: publishers and subscribers as locations of nginx, one worker for each core.

use crate::{
    Result,
    contender::{Dialect, Serving, nginx},
};

pub(super) const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

const LOCATIONS: &str = "
        location ~ ^/publish/(.+)$ {
            nchan_publisher;
            nchan_channel_id $1;
            nchan_message_buffer_length 1000;
        }
        location ~ ^/stream/(.+)$ {
            nchan_subscriber eventsource;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
        }";

pub(super) fn start(connections: usize) -> Result<Serving> {
    let dialect = Dialect {
        stream: |topics| format!("/stream/{}", topics[0]),
        publish: |topic| format!("/publish/{topic}"),
        ..Dialect::BELFRY
    };
    nginx::start_with(connections, &format!("load_module {MODULE};"), LOCATIONS, dialect)
}
