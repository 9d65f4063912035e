"""What a simulation plays with: whole exchanges that are killed, the disks that they leave, and what failed, made small."""
