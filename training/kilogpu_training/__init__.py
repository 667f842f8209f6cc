"""What runs inside a training pod: model, data, checkpoints, anomaly detection, metrics and the loop that joins
them."""
