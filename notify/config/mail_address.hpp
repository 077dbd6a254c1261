#pragma once

// Private to notify/config/.

#include <optional>
#include <string>

namespace nvrhub::notify {

struct MailAddress {
  std::string name; // of the person; empty: none
  std::string address;
};

/// "a@b.example" or "Name <a@b.example>". Only ASCII addresses: SMTPUTF8 is rarely offered.
std::optional<MailAddress> parse_mail_address(const std::string& text);

} // namespace nvrhub::notify
