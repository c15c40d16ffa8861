//! How the lines to the telephone network are, as whoever watches over the service sees it.

use yingda::domain::secret::Secret;
use yingda::phone::settings::{Account, Settings, Trunk};
use yingda::service::house::Plan;
use yingda::service::run::{Running, ServicePlan};
use yingda::store::backup::Beside;

use super::house::{ground, plan};
use crate::peers::gateway::{Gateway, account};
use crate::peers::http::get;
use crate::waiting::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trunk_that_refuses_us_is_named_with_its_reason_until_it_knows_us() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, other) = (Gateway::new(), Gateway::new());
    let registers = Account { password: Secret::new("wrong"), ..account() };
    let trunks =
        vec![Trunk { register: Some(registers), ..gateway.trunk("telecom \"a\"") }, other.trunk("spare")];
    let house = plan(folder.path());
    let phone = Settings { trunks, ..house.phone };
    let console =
        yingda::console::settings::Settings { listen: "127.0.0.1:0".parse().unwrap(), ..Default::default() };
    let plan = ServicePlan {
        house: Plan { phone, ..house },
        console: Some(console),
        sms: None,
        beside: Beside::default(),
    };
    let running = Running::open(plan, ground(folder.path())).await.unwrap();
    let console = running.addresses.console.unwrap();
    tokio::task::block_in_place(|| {
        let asked = gateway.request("REGISTER");
        gateway.challenges(&asked, "401 Unauthorized", "first", "");
        gateway.answer(&gateway.request("REGISTER"), "403 Forbidden", "");
        until("it is told", || get(console, "/healthz").contains("it refuses user or password"));
        let health = get(console, "/healthz");
        assert!(health.starts_with("HTTP/1.1 503"), "{health}");
        let body: serde_json::Value = serde_json::from_str(health.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let trunks = &body["trunks"];
        assert_eq!(trunks["ok"], false);
        assert_eq!(trunks["trunks"][0]["registered"], false);
        assert_eq!(trunks["trunks"][1]["ok"], true);
        assert!(!health.contains("wrong") && !health.contains("127.0.0.1"), "{health}");
        let metrics = get(console, "/metrics");
        for line in [
            "yingda_trunk_up{trunk=\"telecom \\\"a\\\"\"} 0",
            "yingda_trunk_up{trunk=\"spare\"} 1",
            "yingda_trunk_registered{trunk=\"telecom \\\"a\\\"\"} 0",
            "yingda_trunk_let_down_total{trunk=\"spare\"} 0",
            "yingda_calls_moved_on_total 0",
        ] {
            assert!(metrics.contains(&format!("\n{line}\n")), "{line} is not in {metrics}");
        }
        assert!(!metrics.contains("yingda_trunk_registered{trunk=\"spare\"}"), "it has no account");
    });
    running.until(std::future::ready(())).await.unwrap();
}
