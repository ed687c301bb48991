//! Prints docs/openapi.json: what the admin API says about itself.

fn main() {
    print!("{}", tonegate_admin::openapi::text());
}
