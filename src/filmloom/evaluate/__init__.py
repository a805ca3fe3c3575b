"""The film set as judge: a recogniser trained on renders, and figures that stand beside its ceiling."""
