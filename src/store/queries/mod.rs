//! What the screens read: one file a page. Each query takes the connection that [`super::Store::read`] lends.
