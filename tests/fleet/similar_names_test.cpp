#include "fleet/similar_names.hpp"

#include <catch2/catch.hpp>

using namespace nvrhub::fleet;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("fold_name: names that differ only by case or Unicode form are equal") {
  CHECK(fold_name("Kasse-1") == "kasse-1");
  CHECK(fold_name("") == "");
  CHECK(fold_name("K\xC3\xBC"
                  "che") == fold_name("Ku\xCC\x88"
                                      "che")); // NFC, NFD
  CHECK(fold_name("K\xC3\x9C"
                  "CHE") == fold_name("ku\xCC\x88"
                                      "che"));
  CHECK(fold_name("STRASSE") == fold_name("stra\xC3\x9F"
                                          "e"));
  CHECK(fold_name("\xEF\xBC\xAB"
                  "asse") == fold_name("kasse"));              // full-width K
  CHECK(fold_name("Kasse\xE2\x80\x8B") == fold_name("kasse")); // zero-width space
  CHECK(fold_name("Kasse\xC2\xA0"
                  "1") == fold_name("kasse 1"));                     // no-break space
  CHECK(fold_name("\xE1\xBE\xB3") == fold_name("\xCE\xB1\xCE\xB9")); // casefolds to two characters
  CHECK(fold_name("Kasse-1") != fold_name("Kasse-2"));
  CHECK(fold_name("Kasse 1") != fold_name("Kasse1"));
  CHECK(fold_name("Kuche") != fold_name("K\xC3\xBC"
                                        "che"));
}

TEST_CASE("fold_name: what is not UTF-8 stays") {
  CHECK(fold_name("A\xFF") == "A\xFF");
}

TEST_CASE("explain_similar: names the known hostname and what differs") {
  CHECK(explain_similar("kasse-1", "Kasse-1") == "\"Kasse-1\": hostnames are case-sensitive");
  CHECK(explain_similar("ku\xCC\x88"
                        "che",
                        "K\xC3\xBC"
                        "che") == "\"K\xC3\xBC"
                                  "che\": hostnames are case-sensitive");
  CHECK_THAT(explain_similar("Ku\xCC\x88"
                             "che",
                             "K\xC3\xBC"
                             "che")
                 .value(),
             StartsWith("\"K\xC3\xBC"
                        "che\": ") &&
                 Contains("NFC or NFD"));
  CHECK_THAT(explain_similar("Kasse\xE2\x80\x8B", "Kasse").value(), Contains("invisible characters"));
  CHECK_FALSE(explain_similar("Kasse-1", "Kasse-1"));
  CHECK_FALSE(explain_similar("Kasse-1", "Kasse-2"));
}
