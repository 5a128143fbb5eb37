//! Fuzz targets, one a parser or decoder, and a stable replay of their corpus.
