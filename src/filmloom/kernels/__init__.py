"""Operations with a plain twin and a fast form: attention, rotary positions, grouped matrix products."""
