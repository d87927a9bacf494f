"""stance bulk: an archive scored by many processes. It stands on `model`, Dask and pyarrow, which the extra has."""
