//! The rules of every backend, as functions of an open, empty store. A backend's test file opens
//! one and names the rules in `conformance!`.

pub(crate) mod changes;
pub(crate) mod commits;
pub(crate) mod concurrency;
pub(crate) mod counting;
pub(crate) mod histories;
pub(crate) mod joins;
pub(crate) mod made_up;
pub(crate) mod paging;
pub(crate) mod reading;
pub(crate) mod searching;
pub(crate) mod several_keys;
pub(crate) mod several_types;
pub(crate) mod sorting;

use std::future::Future;
use std::sync::Arc;

use fhir::json::Json;
use fhir::search::{
    DateValue, Entry, Filter, IndexValue, Param, ReferenceValue, StringValue, Test, TokenTest,
    TokenValue,
};
use storage::{
    Change, Check, Commit, Committed, Expected, Key, Page, SearchRequest, Store, StoreError,
    Version, Write,
};

/// One test for each rule: `conformance!(open() => reading::a_rule, …)`.
#[macro_export]
macro_rules! conformance {
    ($open:expr => $($module:ident :: $rule:ident),+ $(,)?) => {
        $(
            #[test]
            fn $rule() {
                $crate::conformance::block_on(async {
                    let opened = $open.await;
                    $crate::conformance::$module::$rule(opened.store.clone()).await;
                    opened.checked().await;
                });
            }
        )+
    };
}

/// All rules: of a store with a clock that stands still, and of one with a clock that ticks.
#[macro_export]
macro_rules! all_rules {
    ($timeless:expr, $ticking:expr) => {
        conformance!(
            $timeless =>
            commits::instants_rise_even_when_the_clock_stands,
            commits::two_versions_never_show_the_same_instant,
            sorting::sorted_by_last_updated,
            searching::last_updated_is_searched_like_a_date,
        );

        conformance!(
            $ticking =>
            reading::what_was_never_written_is_not_there,
            reading::a_created_resource_is_read_back_with_its_stamp,
            reading::the_clients_own_meta_stays_but_for_version_and_instant,
            reading::decimals_and_the_order_of_properties_are_kept,
            reading::an_update_makes_the_next_version_and_keeps_the_old_one,
            reading::a_deleted_resource_is_gone,
            reading::a_deleted_resource_can_come_back_as_a_later_version,
            reading::types_do_not_share_ids,
            reading::ids_differ_by_case_and_by_every_character,
            reading::read_many_answers_in_order_with_gaps,
            reading::large_and_non_latin_bodies_come_back,
            reading::many_resources_of_a_type_stay_readable_while_the_store_learns,
            commits::a_create_says_so,
            commits::a_first_version_under_the_clients_id_is_an_update,
            commits::deleting_what_never_was_changes_nothing,
            commits::deleting_twice_keeps_the_first_tombstone,
            commits::other_index_entries_make_no_version,
            commits::what_is_not_current_is_not_indexed_anew,
            commits::an_absent_resource_may_be_created_once,
            commits::an_expected_version_must_be_current,
            commits::a_deletion_is_no_version_to_expect,
            commits::a_failed_precondition_writes_nothing,
            commits::all_writes_of_a_commit_share_one_instant,
            commits::a_commit_may_not_write_a_resource_twice,
            commits::entries_belong_to_the_type_that_is_written,
            commits::exactly_the_listed_ids_must_match,
            commits::a_check_may_ask_a_type_that_is_empty,
            commits::what_must_exist_is_current_or_put_by_the_same_commit,
            commits::what_is_referred_to_may_not_go,
            commits::a_reference_made_by_the_same_commit_holds_its_target,
            commits::a_reference_that_is_taken_away_holds_nothing,
            changes::changes_come_in_the_order_of_commits,
            changes::changes_go_on_where_a_reader_left_off,
            changes::what_is_no_position_of_the_feed_is_refused,
            changes::counts_are_of_current_resources,
            changes::the_secret_stays,
            histories::the_history_of_a_resource_is_newest_first,
            histories::what_never_was_has_no_history,
            histories::the_history_of_a_type_holds_all_its_resources,
            histories::the_history_of_the_tenant_holds_all_types,
            histories::since_leaves_out_what_was_written_before,
            histories::at_shows_what_was_current_then,
            histories::pages_of_a_history_join_without_gap_or_double,
            histories::a_history_without_versions_wanted_still_counts,
            searching::a_search_finds_by_token_with_and_without_system,
            searching::long_codes_and_texts_are_told_apart,
            searching::strings_match_at_the_start_anywhere_or_exactly,
            searching::long_periods_are_found_by_both_ends,
            searching::references_match_by_type_and_id_or_url,
            searching::uris_match_exactly_below_and_above,
            searching::circles_reach_over_the_poles_and_the_date_line,
            searching::composites_match_within_one_element,
            searching::all_parts_of_a_conjunction_hold,
            searching::a_code_and_a_date_are_found_together,
            searching::one_part_of_a_disjunction_is_enough,
            searching::a_negation_finds_what_has_no_value_too,
            searching::missing_is_the_absence_of_any_value,
            searching::ids_find_what_is_current_in_the_order_of_writing,
            searching::an_update_is_found_by_its_new_values_alone,
            searching::a_deleted_resource_is_not_found,
            searching::a_type_finds_only_its_own,
            searching::the_same_value_twice_is_found_once,
            sorting::sorted_by_a_date_in_both_directions,
            sorting::resources_without_a_value_come_last_in_both_directions,
            sorting::several_values_sort_by_the_first_in_the_order,
            sorting::a_text_is_not_sorted_by_its_later_words,
            sorting::equals_keep_the_order_in_which_they_were_written,
            sorting::sorted_by_id,
            sorting::numbers_and_quantities_sort_by_their_number,
            sorting::a_filter_and_an_order_go_together,
            sorting::many_equals_are_paged_through,
            paging::pages_join_without_gap_or_double,
            paging::pages_of_many_matches_join,
            paging::pages_are_stable_under_writes,
            paging::sorted_pages_are_stable_under_writes,
            paging::a_total_costs_nothing_when_all_is_shown,
            paging::the_total_of_a_type_is_always_known,
            paging::a_wanted_total_is_exact,
            paging::no_page_but_the_total_can_be_asked_for,
            paging::ids_alone_can_be_asked_for,
            paging::a_position_of_nothing_is_refused,
            paging::a_page_of_long_versions_ends_earlier,
            joins::a_chain_leads_to_what_is_current_and_of_the_type,
            joins::a_chain_goes_with_other_conditions,
            joins::chains_go_over_several_hops,
            joins::has_finds_what_is_referred_to,
            joins::has_and_chains_nest,
            joins::what_changed_is_joined_as_it_is_now,
            joins::canonical_references_are_joined_by_url_and_version,
            joins::what_refers_to_itself_or_in_a_circle_is_joined,
            joins::joins_with_what_was_never_written_hold_of_nothing,
            joins::a_check_sees_through_joins,
            joins::joins_over_many_are_paged_and_counted,
            joins::the_plan_tells_how_a_join_was_carried_out,
            made_up::a_token_that_two_others_make_up_is_found_by_either,
            made_up::a_text_that_is_another_one_is_found_and_counted_as_that,
            several_types::several_types_come_in_the_order_of_first_writing,
            several_types::several_types_are_sorted_together,
            several_types::types_never_written_take_no_part,
            several_types::pages_of_several_types_are_stable_under_writes,
            several_types::a_total_of_several_types_can_be_asked_alone,
            several_keys::the_first_key_decides_first,
            several_keys::a_missing_value_is_last_for_each_key,
            several_keys::long_keys_that_are_cut_still_page,
            several_keys::large_groups_are_walked_by_the_next_key,
            several_keys::all_of_many_come_to_their_last_page,
            several_keys::pages_by_several_keys_are_stable_under_writes,
            several_keys::a_position_belongs_to_its_number_of_keys,
            counting::totals_follow_creates_updates_and_deletions,
            counting::totals_are_exact_after_parallel_commits,
            concurrency::of_identical_conditional_creates_one_makes_a_resource,
            concurrency::of_updates_of_one_version_one_gets_through,
            concurrency::of_creations_of_one_id_one_gets_through,
            concurrency::unconditional_updates_all_get_through,
            concurrency::readers_see_whole_commits_only,
            concurrency::what_a_commit_answered_is_read_at_once,
            concurrency::pages_join_while_others_write,
        );
    };
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().expect("a runtime").block_on(future)
}

/// `Patient/a`
pub(crate) fn key(text: &str) -> Key {
    let (resource, id) = text.split_once('/').expect("type and id");
    Key::new(resource, id)
}

/// An entry on the type of a key.
pub(crate) fn entry(resource: &str, code: &str, value: IndexValue) -> Entry {
    Entry { param: Param::new(resource, code), value }
}

pub(crate) fn token(code: &str, text: &str) -> Entry {
    let value = match text.split_once('|') {
        Some((system, code)) => TokenValue::new(Some(system), code),
        None => TokenValue::new(None, text),
    };
    entry("Patient", code, IndexValue::Token(value))
}

pub(crate) fn string(code: &str, text: &str) -> Entry {
    entry("Patient", code, IndexValue::String(StringValue::new(text)))
}

pub(crate) fn date(code: &str, low: i64, high: i64) -> Entry {
    entry("Patient", code, IndexValue::Date(DateValue { low, high }))
}

pub(crate) fn reference(resource: &str, code: &str, target: &str) -> Entry {
    let target = key(target);
    let (target, id) = (target.resource.to_string(), target.id.to_string());
    let value = ReferenceValue::Local { resource: target, id, version: None };
    entry(resource, code, IndexValue::Reference(value))
}

/// A body with a text in it.
pub(crate) fn body(key: &Key, text: &str) -> Arc<Json> {
    let json =
        format!(r#"{{"resourceType":"{}","id":"{}","language":"{text}"}}"#, key.resource, key.id);
    Arc::new(Json::parse(json).expect("JSON"))
}

/// A write of `text` with entries.
pub(crate) fn put(at: &str, text: &str, entries: Vec<Entry>) -> Write {
    let key = key(at);
    let body = body(&key, text);
    let change = Change::Put { body, entries, is_create: false };
    Write { key, change, expected: Expected::Any }
}

pub(crate) fn delete(at: &str) -> Write {
    Write { key: key(at), change: Change::Delete, expected: Expected::Any }
}

pub(crate) async fn commit(
    store: &Store,
    writes: Vec<Write>,
    checks: Vec<Check>,
) -> Result<Vec<Committed>, StoreError> {
    store.commit(Commit { writes, checks }).await
}

/// Commits one write that must succeed.
pub(crate) async fn write(store: &Store, write: Write) -> Committed {
    commit(store, vec![write], vec![]).await.expect("a commit").remove(0)
}

/// Writes `Patient/ID` with entries.
pub(crate) async fn patient(store: &Store, id: &str, entries: Vec<Entry>) -> Version {
    let written = write(store, put(&format!("Patient/{id}"), id, entries)).await;
    written.version.expect("a version")
}

pub(crate) async fn read(store: &Store, at: &str) -> Option<Version> {
    store.read(&key(at)).await.expect("a read")
}

pub(crate) fn text(version: &Version) -> &str {
    std::str::from_utf8(&version.body).expect("UTF-8")
}

/// A search for Patients.
pub(crate) fn request(filter: Filter) -> SearchRequest {
    SearchRequest::of("Patient", filter, 100)
}

pub(crate) fn matches(code: &str, test: Test) -> Filter {
    Filter::Matches(Param::new("Patient", code), test)
}

/// A filter on a token, `code` or `system|code`.
pub(crate) fn has_token(code: &str, text: &str) -> Filter {
    let value = match text.split_once('|') {
        Some((system, code)) => TokenValue::new(Some(system), code),
        None => TokenValue::new(None, text),
    };
    let system = text.contains('|').then_some(value.system);
    matches(code, Test::Token(TokenTest { system, code: Some(value.code) }))
}

pub(crate) async fn search(store: &Store, request: SearchRequest) -> Page {
    store.search(&request).await.expect("a search")
}

pub(crate) fn ids(page: &Page) -> Vec<String> {
    page.versions.iter().map(|version| version.key.id.to_string()).collect()
}

/// The ids that a filter finds, in order.
pub(crate) async fn found(store: &Store, filter: Filter) -> Vec<String> {
    ids(&search(store, request(filter)).await)
}

/// All pages of a search, of `limit` each.
pub(crate) async fn pages(
    store: &Store,
    mut request: SearchRequest,
    limit: usize,
) -> Vec<Vec<String>> {
    request.limit = limit;
    let mut pages = Vec::new();
    loop {
        let page = search(store, request.clone()).await;
        assert!(page.versions.len() <= limit, "a page is no longer than asked");
        pages.push(ids(&page));
        let Some(next) = page.next else { return pages };
        let keys = request.parts.first().map_or(0, |part| part.sort.len());
        assert!(next.0.len() <= storage::Position::len_max(keys), "a position is short");
        assert!(pages.len() < 10_000, "the pages come to an end");
        request.after = Some(next);
    }
}
