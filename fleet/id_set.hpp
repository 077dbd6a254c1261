#pragma once

#include <cstddef>
#include <vector>

#include "fleet/nvr.hpp"

namespace nvrhub::fleet {

/// A set of NVRs, one bit each.
class IdSet {
public:
  void insert(NvrId id) {
    if (id >= bits_.size()) bits_.resize(std::size_t{id} + 1);
    if (!bits_[id]) ++size_;
    bits_[id] = true;
  }
  void erase(NvrId id) {
    if (!contains(id)) return;
    bits_[id] = false;
    --size_;
  }
  bool contains(NvrId id) const { return id < bits_.size() && bits_[id]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

private:
  std::vector<bool> bits_;
  std::size_t size_ = 0;
};

} // namespace nvrhub::fleet
