#pragma once

#include "store/commit/apply.hpp"

namespace nvrhub::store {

/// What an entry::Expire did. `writes` and `outcomes` are as apply_batch() leaves them.
struct Expired {
  std::vector<Write> writes;
  std::vector<Result<fleet::NvrId>> outcomes;
  bool more = false;
};

Result<Expired> apply_expire(WriteTxn& txn, const entry::Expire& expire);

} // namespace nvrhub::store
