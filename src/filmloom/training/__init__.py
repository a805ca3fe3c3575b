"""How weights are trained: one loop for every stage, its losses and its moving average."""
