#include "simulate/measure/stats.hpp"

#include <algorithm>

namespace nvrhub::simulate {

namespace {

template <typename Key>
void add(std::map<Key, std::uint64_t>& to, const std::map<Key, std::uint64_t>& from) {
  for (const auto& [key, count] : from)
    to[key] += count;
}

} // namespace

Totals& Totals::operator+=(const Totals& other) {
  online += other.online;
  answered_ever += other.answered_ever;
  last_first_auth = std::max(last_first_auth, other.last_first_auth);
  auths += other.auths;
  auth_oks += other.auth_oks;
  reports += other.reports;
  acks += other.acks;
  changes += other.changes;
  miscounted += other.miscounted;
  skipped += other.skipped;
  delayed += other.delayed;
  reconnects += other.reconnects;
  drops_clean += other.drops_clean;
  drops_abrupt += other.drops_abrupt;
  cut_off += other.cut_off;
  timeouts += other.timeouts;
  gave_up += other.gave_up;
  unanswered += other.unanswered;
  not_understood += other.not_understood;
  add(errors, other.errors);
  add(closes, other.closes);
  add(refusals, other.refusals);
  add(connect_fails, other.connect_fails);
  add(breaks, other.breaks);
  ack += other.ack;
  auth += other.auth;
  return *this;
}

} // namespace nvrhub::simulate
