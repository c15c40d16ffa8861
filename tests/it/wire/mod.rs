//! Messages as strange as the RFCs allow, over UDP: each is answered in order, never with silence.

mod strange;
