#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nvrhub::fleet {

/// `name` in the form that Unicode calls NFKC_Casefold: equal for names that differ only by case, by normalisation
/// (NFC, NFD, compatibility forms) or by invisible characters. Only for hints in messages: names are compared byte by
/// byte (docs/internals/decisions/0029). A text that is not UTF-8 is returned unchanged.
std::string fold_name(std::string_view name);

/// If `given` differs from `known` only as fold_name() ignores: `"Kasse-1": hostnames are case-sensitive`, with `known`
/// first, for a message that says what is registered.
std::optional<std::string> explain_similar(std::string_view given, std::string_view known);

} // namespace nvrhub::fleet
