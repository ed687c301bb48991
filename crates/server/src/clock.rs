//! Time as the server has it: the clocks of [`tonegate_clock`], and what the gateway believes the time
//! to be, which [`GatewayTime`] decides.

mod gateway_time;

pub use gateway_time::{ClockEvent, ClockState, GatewayTime, HOLD, Moment};
pub use tonegate_clock::{Clock, ClockHand, Reading};
