//! Fetching from the Octopus (Kraken) APIs.
