"""Flow matching: x = (1 - sigma) clean + sigma noise. Schedules are tensors, denoisers and samplers functions."""
