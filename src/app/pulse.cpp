#include "app/pulse.hpp"

#include <algorithm>

namespace nvrhub::app {

Pulse::Pulse(net::IoPool& pool) : pool_(pool), questions_(std::make_shared<std::vector<Question>>(pool.size())) {}

void Pulse::ask(Time now) {
  for (std::size_t i = 0; i < questions_->size(); ++i) {
    Question& question = (*questions_)[i];
    if (question.open) continue;
    question.asked = now;
    question.open = true;
    pool_.thread(i).post([questions = questions_, i] { (*questions)[i].open = false; });
  }
}

bool Pulse::is_alive(Time now, std::chrono::milliseconds patience) const {
  return std::all_of(questions_->begin(), questions_->end(),
                     [&](const Question& question) { return !question.open || now - question.asked < patience; });
}

} // namespace nvrhub::app
