#pragma once

#include <cstdint>
#include <string>

#include <boost/system/error_code.hpp>

namespace nvrhub::simulate {

/// Raises the limit of open files to `sockets` sockets and a few files more. Returns an error message; empty: success.
std::string raise_open_files(std::uint64_t sockets);

/// Advice for a connect error caused by this machine, not the server; empty for any other error.
std::string hint_for(const boost::system::error_code& error);

} // namespace nvrhub::simulate
