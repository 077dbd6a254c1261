#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/secret.hpp"

namespace nvrhub::notify {

/// The bytes of a key of Standard Webhooks, "whsec_" and the base64 of 24 to 64 bytes. Nothing: it is none.
std::optional<Secret> decode_signing_key(const Secret& text);

/// The header lines by which a receiver recognises a message, a repetition of it and, with a key, the sender
/// (https://www.standardwebhooks.com): webhook-id, webhook-timestamp and, unless `key` is empty, webhook-signature.
/// `id` is the same in each attempt; `timestamp`, seconds, is that of the attempt: receivers refuse old ones.
std::vector<std::string> webhook_headers(std::string_view id, std::int64_t timestamp, std::string_view body,
                                         const Secret& key);

} // namespace nvrhub::notify
