//! What is promised of a plan, held against methods that have nothing in common with it.

use pathfinding::prelude::{Matrix, kuhn_munkres_min};
use proptest::prelude::*;

use super::{BatchPolicy, Candidate, Cover, Edge, Flaw, Instance, Method, Plan, choose, greedy, plan};

/// Costs of every candidate for every request; `None` where one cannot go.
#[derive(Debug, Clone)]
struct World {
    costs: Vec<Vec<Option<u32>>>,
    capacity: Vec<u32>,
    leave: Vec<u32>,
}

impl World {
    fn instance(&self) -> Instance {
        Instance::new(&self.leave, self.capacity.clone())
    }

    fn list(&self, request: usize, count: usize, into: &mut Vec<Edge>) {
        let all = (0_u32..).zip(&self.costs[request]);
        into.extend(all.filter_map(|(n, cost)| Some(Edge { candidate: Candidate(n), cost: (*cost)? })));
        into.sort_by_key(|edge| (edge.cost, edge.candidate));
        into.truncate(count);
    }

    fn plan(&self, tolerance_percent: u32) -> (Plan, Instance) {
        let mut instance = self.instance();
        let mut more = |request: usize, count: usize, into: &mut Vec<Edge>| self.list(request, count, into);
        let policy = BatchPolicy { from: 1, tolerance_percent };
        let plan = plan(&mut instance, &mut more, policy);
        (plan, instance)
    }

    fn cost(&self, request: usize, candidate: usize) -> Option<u32> {
        self.costs[request][candidate].filter(|cost| *cost <= self.leave[request])
    }

    /// Calls `see` with every way to give out the requests: the costs of those who are helped, and the total.
    fn every_way(&self, see: &mut dyn FnMut(&[u32], u64)) {
        self.ways_from(0, &mut self.capacity.clone(), &mut Vec::new(), 0, see);
    }

    fn ways_from(
        &self,
        request: usize,
        free: &mut Vec<u32>,
        costs: &mut Vec<u32>,
        total: u64,
        see: &mut dyn FnMut(&[u32], u64),
    ) {
        if request == self.costs.len() {
            return see(costs, total);
        }
        self.ways_from(request + 1, free, costs, total + u64::from(self.leave[request]), see);
        for candidate in 0..free.len() {
            let Some(cost) = self.cost(request, candidate).filter(|_| free[candidate] > 0) else { continue };
            free[candidate] -= 1;
            costs.push(cost);
            self.ways_from(request + 1, free, costs, total + u64::from(cost), see);
            costs.pop();
            free[candidate] += 1;
        }
    }

    /// The bottleneck, and the least total within the limit, by trying everything.
    fn by_trying_everything(&self, tolerance_percent: u32) -> (u32, u64) {
        let (mut most, mut bottleneck, mut total) = (0, 0, u64::MAX);
        let worst = |costs: &[u32]| costs.iter().copied().max().unwrap_or(0);
        self.every_way(&mut |costs, _| {
            if costs.len() > most || (costs.len() == most && worst(costs) < bottleneck) {
                (most, bottleneck) = (costs.len(), worst(costs));
            }
        });
        let limit = u64::from(bottleneck) * u64::from(100 + tolerance_percent) / 100;
        self.every_way(&mut |costs, sum| {
            if u64::from(worst(costs)) <= limit {
                total = total.min(sum);
            }
        });
        (bottleneck, total)
    }

    /// The least total within the limit, by a dense method: a column for each place and one each for leaving.
    fn by_the_dense_method(&self, limit: u32) -> u64 {
        const NEVER: i64 = 1 << 40;
        let requests = self.costs.len();
        let places = self.capacity.iter().enumerate();
        let places: Vec<usize> =
            places.flat_map(|(n, capacity)| std::iter::repeat_n(n, *capacity as usize)).collect();
        let weight = |(row, column): (usize, usize)| match places.get(column) {
            Some(candidate) => match self.cost(row, *candidate) {
                Some(cost) if cost <= limit => i64::from(cost),
                Some(_) | None => NEVER,
            },
            None if column - places.len() == row => i64::from(self.leave[row]),
            None => NEVER,
        };
        let matrix = Matrix::from_fn(requests, places.len() + requests, weight);
        u64::try_from(kuhn_munkres_min(&matrix).0).expect("a sum of costs")
    }
}

/// Worlds of up to so many requests and candidates. Costs are few values or many; some cannot go; some take several.
fn worlds(requests: usize, candidates: usize) -> impl Strategy<Value = World> {
    let size = (0..=requests, 0..=candidates, prop_oneof![Just(4_u32), Just(60), Just(100_000)], 0_u32..100);
    size.prop_flat_map(|(requests, candidates, highest, gaps)| {
        let cost = (0..highest, 0_u32..100).prop_map(move |(cost, luck)| (luck >= gaps).then_some(cost));
        let capacity = prop_oneof![6 => Just(1_u32), 1 => Just(0), 2 => 2_u32..4];
        let leave = prop_oneof![4 => Just(1_000_000_u32), 1 => 0..=highest, 1 => Just(u32::MAX)];
        (
            prop::collection::vec(prop::collection::vec(cost, candidates), requests),
            prop::collection::vec(capacity, candidates),
            prop::collection::vec(leave, requests),
        )
            .prop_map(|(costs, capacity, leave)| World { costs, capacity, leave })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_small_plan_is_the_best_of_all_plans(world in worlds(5, 5), tolerance in 0_u32..50) {
        let (plan, instance) = world.plan(tolerance);
        prop_assert_eq!(plan.check(&instance), Ok(()));
        prop_assert_eq!((plan.bottleneck, plan.total), world.by_trying_everything(tolerance));
    }

    #[test]
    fn a_plan_costs_what_the_dense_method_finds(world in worlds(40, 60)) {
        let (plan, instance) = world.plan(10);
        prop_assert_eq!(plan.check(&instance), Ok(()));
        prop_assert_eq!(plan.total, world.by_the_dense_method(plan.limit()));
    }

    #[test]
    fn a_plan_that_was_tampered_with_is_refused(world in worlds(12, 16), which in 0_usize..12, by in 1_i64..50) {
        let (plan, instance) = world.plan(10);
        for tampered in tampered(&plan, &world, which, by) {
            prop_assert!(tampered.check(&instance).is_err(), "{:?} passes for {:?}", tampered, plan);
        }
    }
}

/// The plan with one thing changed, each in a way that cannot be right.
fn tampered(plan: &Plan, world: &World, which: usize, by: i64) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Plan)| {
        let mut changed = plan.clone();
        change(&mut changed);
        if changed != *plan {
            all.push(changed);
        }
    };
    with(&|plan| plan.total += 1);
    with(&|plan| plan.worst += 1);
    with(&|plan| plan.bottleneck += 1);
    with(&|plan| plan.bottleneck = plan.bottleneck.saturating_sub(1));
    with(&|plan| {
        plan.certificate.witness.pop();
    });
    with(&|plan| plan.certificate.no_more = Cover { outside: vec![true], candidates: vec![Candidate(99)] });
    if which < plan.assignment.assigned.len() {
        with(&|plan| plan.certificate.request_prices[which] += by);
        with(&|plan| plan.certificate.request_prices[which] -= by);
        with(&|plan| {
            if let Some(edge) = &mut plan.assignment.assigned[which] {
                edge.cost += 1;
            }
        });
        // Where leaving costs just what helping costs, either is right.
        if plan.assignment.assigned[which].is_some_and(|edge| edge.cost != world.leave[which]) {
            with(&|plan| plan.assignment.assigned[which] = None);
        }
        with(&|plan| plan.certificate.witness[which] = None);
    }
    if which < plan.certificate.candidate_prices.len() {
        with(&|plan| plan.certificate.candidate_prices[which] = by);
    }
    all
}

/// A hot spot on a line: many requests at one end, candidates all along.
fn hot_spot(requests: u32, candidates: u32) -> World {
    let row = |request: u32| {
        let from = i64::from(request * request % 17) * 10;
        let cost = |candidate: u32| u32::try_from((from - i64::from(candidate * candidate % 8_191)).abs());
        (0..candidates).map(|candidate| cost(candidate).ok()).collect()
    };
    World {
        costs: (0..requests).map(row).collect(),
        capacity: vec![1; candidates as usize],
        leave: vec![u32::MAX; requests as usize],
    }
}

#[test]
fn a_surge_is_planned_as_the_dense_method_plans_it_and_the_same_each_time() {
    let world = hot_spot(120, 1_500);
    let (plan, instance) = world.plan(10);
    assert_eq!(plan.check(&instance), Ok(()));
    assert_eq!(plan.total, world.by_the_dense_method(plan.limit()));
    assert!(plan.worst <= plan.limit() && plan.assignment.served() == 120);
    assert_eq!(world.plan(10).0, plan);
}

#[test]
fn the_bottleneck_is_where_the_dense_method_can_no_longer_help_everyone() {
    let world = hot_spot(60, 400);
    let bottleneck = world.plan(10).0.bottleneck;
    let everyone = |limit: u32| world.by_the_dense_method(limit) < u64::from(u32::MAX);
    assert!(everyone(bottleneck) && !everyone(bottleneck - 1));
}

#[test]
fn only_lists_that_prove_too_short_are_made_longer() {
    let mut world = hot_spot(40, 600);
    // One request far from all the others, with candidates of its own.
    world.costs.push((0..600).map(|n| (n >= 500).then(|| n - 500)).collect());
    world.leave.push(u32::MAX);
    let (plan, instance) = world.plan(10);
    assert_eq!(plan.check(&instance), Ok(()));
    assert_eq!(instance.edges(40).len(), 16);
    assert!((0..40).any(|request| instance.edges(request).len() > 16));
}

#[test]
fn where_there_are_too_few_those_are_left_whom_leaving_costs_least() {
    let world = World {
        costs: vec![vec![Some(10)], vec![Some(10)], vec![Some(10)]],
        capacity: vec![2],
        leave: vec![5_000, 3_000, 4_000],
    };
    let (plan, instance) = world.plan(10);
    assert_eq!(plan.check(&instance), Ok(()));
    let helped: Vec<bool> = plan.assignment.assigned.iter().map(Option::is_some).collect();
    assert_eq!((helped, plan.total, plan.bottleneck), (vec![true, false, true], 3_020, 10));
}

#[test]
fn a_request_nobody_can_go_to_is_left_and_does_not_hold_up_the_others() {
    let world = World {
        costs: vec![vec![None, None], vec![Some(3), Some(8)], vec![Some(4), Some(70)]],
        capacity: vec![1, 1],
        leave: vec![100; 3],
    };
    let (plan, instance) = world.plan(10);
    assert_eq!(plan.check(&instance), Ok(()));
    assert_eq!((plan.bottleneck, plan.worst, plan.total), (8, 8, 112));
}

#[test]
fn nobody_goes_further_than_the_tolerance_although_it_would_cost_less() {
    // Together 0 + 30 is the least, but then somebody goes 30; at most 20 is possible.
    let world = World {
        costs: vec![vec![Some(0), Some(20)], vec![Some(15), Some(30)]],
        capacity: vec![1, 1],
        leave: vec![1_000; 2],
    };
    assert_eq!((world.plan(10).0.total, world.plan(10).0.worst), (35, 20));
    assert_eq!((world.plan(50).0.total, world.plan(50).0.worst), (30, 30));
}

#[test]
fn a_candidate_with_a_free_place_has_no_price() {
    let world = World { costs: vec![vec![Some(7)]], capacity: vec![2], leave: vec![50] };
    let (mut plan, instance) = world.plan(10);
    assert_eq!(plan.certificate.candidate_prices, [0]);
    plan.certificate.candidate_prices[0] = -1;
    plan.certificate.request_prices[0] = 8;
    assert_eq!(plan.check(&instance), Err(Flaw::CandidatePrice { candidate: Candidate(0) }));
}

#[test]
fn a_list_that_may_hide_someone_proves_nothing() {
    let world = hot_spot(1, 600);
    let (mut plan, instance) = world.plan(10);
    assert_eq!((plan.check(&instance), instance.edges(0).len()), (Ok(()), 16));
    plan.certificate.no_more = Cover { outside: vec![false], candidates: Vec::new() };
    assert_eq!(plan.check(&instance), Err(Flaw::ListTooShort { request: 0 }));
}

#[test]
fn in_order_of_arrival_each_gets_the_nearest_who_is_free() {
    let world = World {
        costs: vec![vec![Some(0), Some(20)], vec![Some(15), Some(30)], vec![Some(1), Some(2)]],
        capacity: vec![1, 1],
        leave: vec![25; 3],
    };
    let mut more = |request: usize, count: usize, into: &mut Vec<Edge>| world.list(request, count, into);
    let given = greedy(&mut world.instance(), &mut more);
    let who: Vec<Option<u32>> = given.assigned.iter().map(|edge| Some(edge.as_ref()?.candidate.0)).collect();
    assert_eq!(who, [Some(0), None, Some(1)]);
}

#[test]
fn a_short_queue_is_given_out_by_turns_and_a_long_one_together() {
    let policy = BatchPolicy { from: 8, tolerance_percent: 10 };
    assert_eq!((choose(7, policy), choose(8, policy)), (Method::Greedy, Method::Together));
}
