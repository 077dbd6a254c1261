#include "actors/nvr/drafts.hpp"

#include <iterator>
#include <utility>

namespace nvrhub::actors {

namespace {

template <class T>
void append_all(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

} // namespace

void Drafts::keep(Redo redo) {
  if (pending_.redo.size() >= max_kept) return forget();
  if (!pending_.is_forgotten) pending_.redo.push_back(std::move(redo));
}

void Drafts::forget() {
  pending_.redo = {};
  pending_.is_forgotten = true;
}

void Drafts::sent() {
  in_flight_ = std::exchange(pending_, {});
}

std::vector<Drafts::Waiter> Drafts::written() {
  attempts_ = 0;
  return std::exchange(in_flight_, {}).waiters;
}

std::vector<Drafts::Waiter> Drafts::dropped() {
  attempts_ = 0;
  return std::exchange(pending_, {}).waiters;
}

std::vector<Drafts::Waiter> Drafts::refused() {
  std::vector<Waiter> waiters = written();
  append_all(waiters, dropped());
  return waiters;
}

bool Drafts::retry(bool counts) {
  if (in_flight_.is_forgotten || pending_.is_forgotten || (counts && attempts_ == max_attempts)) return false;
  if (counts) ++attempts_;
  append_all(in_flight_.redo, std::move(pending_.redo));
  append_all(in_flight_.waiters, std::move(pending_.waiters));
  pending_ = {};
  return true;
}

std::vector<Drafts::Redo> Drafts::take_again() {
  return std::exchange(in_flight_, {}).redo;
}

} // namespace nvrhub::actors
